import { ABOVE, BELOW } from './coloured-text.ts';

/** The script of the page. It colours the text by what the reader picks: a symbol, or a unit and its gate. All its data is in the page. */
export const REPORT_SCRIPT = `
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const byId = (id) => document.getElementById(id);
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const decimals = (value, digits = 2) => value.toFixed(digits).replace('-', '−');
  const shown = [...document.querySelectorAll('#surprisal .text span')];
  const copyText = (target, count) => shown.slice(0, count).map((from) => {
    const span = document.createElement('span');
    span.textContent = from.textContent;
    target.append(span);
    return span;
  });

  const unitSection = ({ followed, scales, values }) => {
    const [unit, gate, target] = ['unit', 'gate', 'activation'].map(byId);
    const spans = copyText(target, shown.length);
    const show = () => {
      const [rank, which] = [Number(unit.value), Number(gate.value)];
      const { name, isGate } = followed[which];
      const scale = scales[rank][which];
      const numbers = bytes(values[rank][which]);
      const all = isGate ? [...numbers].map((value) => value / 255) : [...new Int8Array(numbers.buffer)].map((value) => value / 127);
      byId('least').textContent = isGate ? '0 shut' : decimals(-scale);
      byId('most').textContent = isGate ? '1 open' : decimals(scale);
      byId('ramp').className = isGate ? 'ramp gate' : 'ramp state';
      all.forEach((value, at) => {
        const colour = isGate ? '128 128 128' : value < 0 ? '${BELOW}' : '${ABOVE}';
        spans[at].style.background = 'rgb(' + colour + ' / ' + ((isGate ? 0.8 : 0.7) * Math.abs(value)).toFixed(3) + ')';
        spans[at].title = decimals(scale * value);
      });
      const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
      const [least, most] = [Math.min(...all), Math.max(...all)];
      byId('range').textContent = name + ': mean ' + decimals(scale * mean) + ', between ' + decimals(scale * least) + ' and ' + decimals(scale * most) + '.';
    };
    const pick = (rank) => {
      unit.value = String((rank + values.length) % values.length);
      show();
    };
    unit.addEventListener('change', show);
    gate.addEventListener('change', show);
    byId('before').addEventListener('click', () => pick(Number(unit.value) - 1));
    byId('after').addEventListener('click', () => pick(Number(unit.value) + 1));
    for (const button of document.querySelectorAll('button[data-rank]')) {
      button.addEventListener('click', () => {
        pick(Number(button.dataset.rank));
        target.scrollIntoView({ block: 'nearest' });
      });
    }
    show();
  };

  const memorySection = ({ decades, largest, back }) => {
    const target = byId('gradient');
    const spans = copyText(target, back.length);
    const blank = (span) => span.textContent.endsWith('\\n') ? 'line end' : span.textContent === ' ' ? 'space' : '';
    const named = (span) => blank(span) || '“' + span.textContent + '”';
    for (const span of spans) {
      span.setAttribute('role', 'option');
      span.setAttribute('aria-label', blank(span) || span.textContent);
    }
    let picked = -1;
    const pick = (at) => {
      for (const span of spans) {
        span.style.background = '';
        span.title = '';
        span.tabIndex = -1;
        span.setAttribute('aria-selected', 'false');
      }
      picked = at;
      spans[at].tabIndex = 0;
      spans[at].setAttribute('aria-selected', 'true');
      const found = [...bytes(back[at])].flatMap((byte, n) => {
        if (byte === 0) return [];
        const gradient = largest[at] * 10 ** (decades * ((byte - 1) / 254 - 1));
        const span = spans[at - 1 - n];
        span.style.background = 'rgb(0 158 115 / ' + (0.08 + 0.77 * byte / 255).toFixed(3) + ')';
        span.title = gradient.toPrecision(2);
        return [{ gradient, words: named(span) + ', ' + (n + 1) + ' back: ' + gradient.toPrecision(2) }];
      });
      byId('largest').textContent = largest[at] > 0 ? ' (' + largest[at].toPrecision(2) + ')' : '';
      const most = found.sort((a, b) => b.gradient - a.gradient).slice(0, 5).map(({ words }) => words);
      const which = 'Symbol ' + (at + 1) + ', ' + named(spans[at]);
      byId('told').textContent = most.length > 0
        ? which + ': the largest gradients are at ' + most.join('; ') + '.'
        : which + ': its prediction depends on no symbol that is shown.';
    };
    const move = (at) => spans[Math.max(0, Math.min(spans.length - 1, at))].focus();
    target.addEventListener('click', (event) => {
      const at = spans.indexOf(event.target);
      if (at >= 0) move(at);
    });
    target.addEventListener('focusin', (event) => {
      const at = spans.indexOf(event.target);
      if (at >= 0) pick(at);
    });
    target.addEventListener('keydown', (event) => {
      const moves = { ArrowLeft: picked - 1, ArrowRight: picked + 1, Home: 0, End: spans.length - 1, Enter: picked, ' ': picked };
      if (!(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      move(moves[event.key]);
    });
    pick(Math.min(40, spans.length - 1));
  };

  unitSection(data.units);
  memorySection(data.memory);
})();
`;
