// typedoc puts links inside the summaries of its navigation. What can be opened by a key must not hold another thing that can, so each link goes before its summary.
function separate(summary) {
  const link = summary.querySelector(':scope > a')
  if (!link) return
  summary.setAttribute('aria-label', `Pages of ${link.textContent.trim()}`)
  link.classList.add('site-above')
  summary.parentElement.before(link)
}

function separateAll() {
  for (const summary of document.querySelectorAll('.tsd-navigation summary')) separate(summary)
}

new MutationObserver(separateAll).observe(document.documentElement, { childList: true, subtree: true })
document.addEventListener('DOMContentLoaded', separateAll)
