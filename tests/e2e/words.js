// Every text on the page, and what is read aloud for it, that holds a word of Latin letters.
() => {
  const found = new Set();
  const names = ["aria-label", "title", "placeholder", "alt"];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node = walker.currentNode; node; node = walker.nextNode()) {
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    if (element.closest("style, script, code, [data-testid=stIconMaterial], [aria-hidden=true], svg")) continue;
    const texts = node === element ? names.map((name) => node.getAttribute(name)) : [node.data];
    texts.filter((text) => text && /[A-Za-z]{3}/.test(text)).forEach((text) => found.add(text.trim()));
  }
  return [...found];
}
