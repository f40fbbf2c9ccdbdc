// What a page's frame needs of the browser: the document's language, the manifest that lets it be
// installed, and our words for the few that Streamlit speaks itself.

const ATTRIBUTES = ["aria-label", "title", "placeholder", "alt"];
let words = {};
let patterns = []; // of words with a gap: what stands in it is kept
let observer = null;

export default function ({ data }) {
  document.documentElement.lang = data.lang;
  link("manifest", data.manifest);
  speak({ ...inverted(words), ...data.words });
  translate(document.body);
  speak(data.words);
  watch();
}

function speak(map) {
  words = map;
  patterns = Object.entries(map)
    .filter(([from]) => from.includes("{}"))
    .map(([from, to]) => [new RegExp(`^${from.replace("{}", "(.*)")}$`), to]);
}

function inverted(map) {
  return Object.fromEntries(Object.entries(map).map(([from, to]) => [to, from]));
}

function link(rel, href) {
  if (document.head.querySelector(`link[rel=${rel}]`)) return;
  const element = document.createElement("link");
  Object.assign(element, { rel, href, crossOrigin: "use-credentials" });
  document.head.append(element);
}

function watch() {
  if (observer) observer.disconnect();
  observer = null;
  if (!Object.keys(words).length) return;
  observer = new MutationObserver((changes) => changes.forEach(follow));
  observer.observe(document.body, {
    subtree: true, childList: true, characterData: true, attributeFilter: ATTRIBUTES,
  });
}

function follow(change) {
  if (change.type === "childList") change.addedNodes.forEach(translate);
  else if (change.type === "characterData") translateText(change.target);
  else translateAttributes(change.target);
}

// Only whole texts that stand in the catalogue are touched, never a part of anybody's name.
function translate(root) {
  if (root.nodeType === Node.TEXT_NODE) return translateText(root);
  if (root.nodeType !== Node.ELEMENT_NODE) return;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node = root; node; node = walker.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) translateText(node);
    else translateAttributes(node);
  }
}

function translateText(node) {
  const text = node.data.trim();
  if (Object.hasOwn(words, text)) node.data = node.data.replace(text, words[text]);
}

function translateAttributes(element) {
  for (const name of ATTRIBUTES) {
    const text = element.getAttribute(name);
    const said = text && inOtherWords(text);
    if (said) element.setAttribute(name, said);
  }
}

function inOtherWords(text) {
  if (Object.hasOwn(words, text)) return words[text];
  const [pattern, to] = patterns.find(([form]) => form.test(text)) ?? [];
  return pattern && to.replace("{}", text.match(pattern)[1]);
}
