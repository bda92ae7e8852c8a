/** The page before anything was asked. Words that come from the bundle are filled in by the script, as text. */
export function pageHtml({
  script,
  style,
  needsToken,
}: {
  readonly script: string
  readonly style: string
  readonly needsToken: boolean
}): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>etsef: a picture and its answer</title>
<link rel="stylesheet" href="${style}">
<link rel="icon" href="data:,">
<script src="${script}" defer></script>
</head>
<body>
<header>
<h1 id="title">A picture and its answer</h1>
<p id="use" class="use" role="note"><strong>Not for clinical use.</strong> <span id="use-text">This is no medical device.</span></p>
</header>
<main>
<form id="token-form"${needsToken ? '' : ' hidden'}>
<label for="token">Token of this server</label>
<input id="token" type="password" autocomplete="off" spellcheck="false">
<button type="submit">Use token</button>
</form>
<section aria-labelledby="choose-heading">
<h2 id="choose-heading">Picture</h2>
<div id="drop" class="drop">
<p id="drop-text">Drop a picture here, or choose one.</p>
<label for="file" class="button">Choose a picture</label>
<input id="file" class="file" type="file" accept="image/*,.dcm,.tif,.tiff">
<img id="preview" class="preview" alt="The picture that was chosen" hidden>
</div>
<p id="limits" class="quiet"></p>
</section>
<p id="status" class="status" role="status" aria-live="polite"></p>
<section id="answer" aria-labelledby="answer-heading" hidden>
<h2 id="answer-heading" tabindex="-1">Answer</h2>
<p id="vote" class="vote"></p>
<p id="vote-note" class="quiet"></p>
<div class="tables">
<table id="scores"><caption id="scores-caption">Scores</caption><thead><tr><th scope="col">Class</th><th scope="col" class="number">Score</th><th scope="col"><span class="unseen">Score as a bar</span></th></tr></thead><tbody></tbody></table>
<table id="members" hidden><caption>Members of the vote</caption><thead><tr><th scope="col">Member</th><th scope="col">Says</th><th scope="col" class="number">Its score</th></tr></thead><tbody></tbody></table>
</div>
<p><button id="show-maps" type="button" hidden>Show where in the picture</button></p>
</section>
<section id="maps" aria-labelledby="maps-heading" hidden>
<h2 id="maps-heading" tabindex="-1">Where in the picture</h2>
<p class="quiet">Colour is the strength of the evidence, from violet to yellow; full colour is each map's own largest value. Places without colour show no evidence. A map tells what was looked at, not why it is right.</p>
<div id="figures" class="figures"></div>
</section>
</main>
<footer><p class="quiet">Pictures are sent to this server alone, and not kept. <span id="bundle"></span></p></footer>
</body>
</html>
`
}
