/** True when a glob with `*` (any text) and `?` (one character) covers the whole text. */
export function globMatches(glob: string, text: string): boolean {
  let place = 0;
  let star = -1;
  let afterStar = 0;
  let index = 0;
  // Falls back to the last star only, so hostile globs take no more than glob × text steps.
  while (index < text.length) {
    if (
      place < glob.length &&
      (glob[place] === '?' || (glob[place] !== '*' && glob[place] === text[index]))
    ) {
      place++;
      index++;
    } else if (glob[place] === '*') {
      star = place++;
      afterStar = index;
    } else if (star >= 0) {
      place = star + 1;
      index = ++afterStar;
    } else return false;
  }
  while (glob[place] === '*') place++;
  return place === glob.length;
}
