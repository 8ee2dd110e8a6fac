/** The script of the page. It lets the reader pick a unit and colours the text by the unit's activation. All its data is in the page. */
export const REPORT_SCRIPT = `
'use strict';
(() => {
  const { scales, activations } = JSON.parse(document.getElementById('data').textContent);
  const select = document.getElementById('unit');
  const target = document.getElementById('activation');
  const spans = [...document.querySelectorAll('#surprisal .text span')].map((from) => {
    const span = document.createElement('span');
    span.textContent = from.textContent;
    target.append(span);
    return span;
  });
  const bytes = (rank) => Int8Array.from(atob(activations[rank]), (character) => character.charCodeAt(0));
  const show = (rank) => {
    const scale = scales[rank];
    document.getElementById('least').textContent = (-scale).toFixed(2).replace('-', '−');
    document.getElementById('most').textContent = scale.toFixed(2);
    bytes(rank).forEach((value, at) => {
      const strength = (0.7 * Math.abs(value) / 127).toFixed(3);
      spans[at].style.background = 'rgb(' + (value < 0 ? '0 114 178' : '230 159 0') + ' / ' + strength + ')';
      spans[at].title = (scale * value / 127).toFixed(2).replace('-', '−');
    });
  };
  const pick = (rank) => {
    const count = activations.length;
    select.value = String((rank + count) % count);
    show(Number(select.value));
  };
  select.addEventListener('change', () => show(Number(select.value)));
  document.getElementById('before').addEventListener('click', () => pick(Number(select.value) - 1));
  document.getElementById('after').addEventListener('click', () => pick(Number(select.value) + 1));
  for (const button of document.querySelectorAll('button[data-rank]')) {
    button.addEventListener('click', () => {
      pick(Number(button.dataset.rank));
      target.scrollIntoView({ block: 'nearest' });
    });
  }
  if (activations.length > 0) pick(0);
})();
`;
