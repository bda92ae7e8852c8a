/** The page's program: asks this server and nobody else; whatever comes back is shown as text, never as markup. */
export const pageScript = `'use strict'
const at = (id) => document.getElementById(id)
let token = ''
let chosen
let turn = 0

const make = (name, text, className) => {
  const element = document.createElement(name)
  if (text !== undefined) element.textContent = text
  if (className) element.className = className
  return element
}
const say = (text) => { at('status').textContent = text }
const digits = (value) => Number.isFinite(value) ? (Math.abs(value) >= 0.001 || value === 0 ? value.toFixed(3) : value.toExponential(1)) : '–'

async function ask(path, body) {
  const headers = token ? { authorization: 'Bearer ' + token } : {}
  if (body) headers['content-type'] = 'application/octet-stream'
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(path, body ? { method: 'POST', headers, body } : { headers })
    // It says when to come again.
    if (response.status === 429 && attempt < 5) {
      say('The server is busy; waiting for it …')
      await new Promise((done) => setTimeout(done, 1000 * Number(response.headers.get('retry-after') ?? 1)))
      continue
    }
    const answer = await response.json().catch(() => ({}))
    if (response.ok) return answer
    if (response.status === 401) { at('token-form').hidden = false; at('token').focus() }
    throw new Error(answer.error ? answer.error.message + ' (' + answer.error.code + ')' : 'The server answered ' + response.status)
  }
}

async function introduce() {
  const about = await ask('/about')
  at('title').textContent = about.title
  document.title = about.title
  at('use-text').textContent = about.intendedUse
  at('limits').textContent = 'At most ' + (about.maxBytes / 1e6).toFixed(0) + ' MB and ' + (about.maxPixels / 1e6).toFixed(0) +
    ' million pixels. It tells one of: ' + about.classNames.join(', ') + '.'
  at('bundle').textContent = 'Bundle ' + about.bundle.slice(0, 12) + '.'
  at('show-maps').dataset.there = about.hasMaps ? 'yes' : ''
  const { kind, level } = about.predictionSets
  setsHold = kind === undefined ? '' : 'in ' + Math.round(level * 100) + ' of 100 pictures' + (kind === 'marginal' ? '' : ' of each class')
}

function show(answer) {
  const { className, abstained, scores, scoreKind, members, margin } = answer
  const kind = { probability: 'Probability', voteShare: 'Share of votes', margin: 'Score' }[scoreKind] ?? 'Score'
  at('vote').textContent = abstained ? 'No answer: it abstained' : className
  const others = answer.predictionSet
  at('vote-note').textContent = (abstained ? 'The scores were too close or too low for an answer. ' : '') + 'Margin to the next class: ' + digits(margin) + '.' +
    (others ? ' Classes that cannot be ruled out: ' + (others.join(', ') || 'none') + '; the true one is among them ' + setsHold + ' like those it was calibrated on.' : '')
  at('scores-caption').textContent = scoreKind === 'voteShare' ? 'Share of the votes' : scoreKind === 'probability' ? 'Probabilities, as the answering node gives them' : 'Scores'
  const sorted = Object.entries(scores).sort((a, b) => b[1] - a[1])
  at('scores').tBodies[0].replaceChildren(...sorted.map(([name, score]) => {
    const row = make('tr', undefined, name === className ? 'chosen' : '')
    const head = make('th', name)
    head.scope = 'row'
    const cell = make('td')
    const bar = make('progress')
    bar.max = 1
    bar.value = Math.min(1, Math.max(0, score))
    bar.setAttribute('aria-label', kind + ' of ' + name)
    cell.append(bar)
    row.append(head, make('td', digits(score), 'number'), cell)
    return row
  }))
  const votes = Object.entries(members)
  at('members').hidden = votes.length === 0
  at('members').tBodies[0].replaceChildren(...votes.map(([name, vote]) => {
    const row = make('tr', undefined, vote.className === className ? 'chosen' : '')
    const head = make('th', name)
    head.scope = 'row'
    row.append(head, make('td', vote.className ?? 'abstains'), make('td', vote.className === undefined ? '–' : digits(vote.scores[vote.className]), 'number'))
    return row
  }))
  at('answer').hidden = false
  at('show-maps').hidden = at('show-maps').dataset.there !== 'yes'
  at('show-maps').disabled = false
}

async function take(file) {
  if (!file) return
  const mine = ++turn
  chosen = file
  at('answer').hidden = at('maps').hidden = true
  const preview = at('preview')
  if (preview.src) URL.revokeObjectURL(preview.src)
  preview.hidden = false
  preview.src = URL.createObjectURL(file)
  at('drop-text').textContent = 'Drop another picture here, or choose one.'
  say('Asking …')
  try {
    const answer = await ask('/predict', file)
    if (mine !== turn) return
    show(answer)
    say(answer.abstained ? 'It abstained.' : 'The answer is ' + answer.className + '.')
    at('answer-heading').focus()
  } catch (error) {
    if (mine === turn) say('No answer: ' + error.message)
  }
}

async function showMaps() {
  const mine = turn
  at('show-maps').disabled = true
  say('Looking where in the picture; this asks many times …')
  try {
    const { className, maps } = await ask('/maps', chosen)
    if (mine !== turn) return
    at('figures').replaceChildren(...maps.map((map) => {
      const figure = make('figure')
      const name = map.network ? 'Network ' + map.network + ', by its own head' : 'The whole answer'
      const caption = make('figcaption')
      if (map.overlay) {
        const image = make('img')
        image.src = 'data:image/png;base64,' + map.overlay
        image.alt = 'Heat map over the picture: evidence for ' + className + '. ' + name + (map.max > 0 ? '' : '; it shows no evidence')
        figure.append(image)
      }
      caption.append(make('strong', name))
      caption.append(make('span', map.missing ? 'No map: ' + map.missing + '.' : (map.max > 0 ? 'Full colour is ' + digits(map.max) + ' (' + map.unit + '). ' : 'It shows no evidence for ' + className + '. ') + map.meaning))
      figure.append(caption)
      return figure
    }))
    at('maps-heading').textContent = 'Where in the picture: ' + className
    at('maps').hidden = false
    say('Heat maps are shown.')
    at('maps-heading').focus()
  } catch (error) {
    if (mine === turn) { say('No heat maps: ' + error.message); at('show-maps').disabled = false }
  }
}

at('file').addEventListener('change', (event) => { take(event.target.files[0]); event.target.value = '' })
at('preview').addEventListener('error', () => { at('preview').hidden = true })
at('show-maps').addEventListener('click', showMaps)
at('token-form').addEventListener('submit', (event) => {
  event.preventDefault()
  token = at('token').value
  introduce().then(() => say('The token is taken.'), (error) => say(error.message))
})
// The whole window takes a picture: one that misses the box would else replace the page.
for (const name of ['dragenter', 'dragover']) addEventListener(name, (event) => { event.preventDefault(); at('drop').classList.add('over') })
for (const name of ['dragleave', 'drop']) addEventListener(name, (event) => { event.preventDefault(); at('drop').classList.remove('over') })
addEventListener('drop', (event) => take(event.dataTransfer.files[0]))
addEventListener('paste', (event) => take([...(event.clipboardData?.files ?? [])][0]))
if (at('token-form').hidden) introduce().catch((error) => say(error.message))
else say('This server needs its token.')
`
