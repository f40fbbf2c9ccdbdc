// Who has the keys: a field that is typed into, or something that Enter and Space press.

const isTyping = place =>
  !!place?.closest?.('input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable=true], [role=textbox], [role=combobox], [role=spinbutton]');

const isBusy = place => !!place?.closest?.(
  'button, a[href], summary, input, [role=button], [role=switch], [role=option], [role=tab], [role=radio], [role=menuitem]');

function deepFocus() {
  let place = document.activeElement;
  while (place?.shadowRoot?.activeElement) place = place.shadowRoot.activeElement;
  return place;
}
