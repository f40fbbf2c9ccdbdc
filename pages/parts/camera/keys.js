// A key of the page: it presses a button that is there to be seen, and nothing while somebody types.

const heard = new WeakMap();

export default function (component) {
  const { parentElement: root, data } = component;
  heard.get(root)?.abort();
  const ears = new AbortController();
  heard.set(root, ears);
  const [key, what] = root.querySelectorAll("kbd, span");
  root.querySelector("p").hidden = !data.hint;
  key.textContent = data.key;
  what.textContent = data.hint;
  document.addEventListener("keydown", event => press(event, data), { signal: ears.signal });
  return () => heard.get(root)?.abort();
}

function press(event, { key, button }) {
  const on = event.composedPath()[0];
  if (event.key !== key || event.repeat || event.defaultPrevented || event.isComposing) return;
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  if (isTyping(on) || isCovered()) return;
  if (key === "Enter" && isBusy(on)) return;  // the focused button's own
  const place = document.querySelector(`.st-key-${CSS.escape(button)} button`);
  if (!place || place.disabled) return;
  event.preventDefault();
  place.click();
}

// An open list, dialog or popover has the keys to itself.
const isCovered = () =>
  !!document.querySelector('[role="dialog"], [role="listbox"], [data-testid="stPopoverBody"]');
