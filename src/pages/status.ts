/**
 * Says in the page how it is: one line that screen readers read aloud. An empty text takes the line away.
 *
 * @param isProblem whether the page can't go on as it is
 */
export function say(text: string, isProblem = false): void {
  const line = document.getElementById('status')!;
  line.textContent = text;
  line.hidden = text === '';
  line.className = isProblem ? 'problem' : '';
}
