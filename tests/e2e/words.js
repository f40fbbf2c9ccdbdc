// Every text that can be seen or is read aloud and has a Latin word but no Chinese sign in it.
() => {
  const found = new Set();
  const names = ["aria-label", "title", "placeholder", "alt"];
  const passed = "style, script, noscript, code, pre, svg, canvas, [data-testid=stIconMaterial], [aria-hidden=true]";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node = walker.currentNode; node; node = walker.nextNode()) {
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    if (element.closest(passed) || !element.checkVisibility()) continue;
    const texts = node === element ? names.map((name) => node.getAttribute(name)) : [node.data];
    for (const text of texts.filter(Boolean))
      if (/[A-Za-z]{3}/.test(text) && !/\p{Script=Han}/u.test(text)) found.add(text.trim());
  }
  return [...found];
}
