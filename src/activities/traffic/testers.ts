import type { Side } from '../platform/platform.ts';

/** How testers choose a side by themselves; without either everybody goes by the weights. */
export interface TesterOptions {
  /** Request header whose value is the side's name (`primary`, `canary`); default none. */
  readonly testerHeader?: string;
  /** Cookie whose value is the side's name; default none. */
  readonly testerCookie?: string;
}

/** One condition by which a request goes to a side: a header that equals a text, or that a pattern (RE2) matches as a whole. */
export type TesterMatch = { header: string; exact: string } | { header: string; pattern: string };

/** The conditions by which a request goes to a side, whichever of them holds. */
export function testerMatches({ testerHeader, testerCookie }: TesterOptions, side: Side): TesterMatch[] {
  return [
    ...(testerHeader === undefined ? [] : [{ header: testerHeader, exact: side }]),
    ...(testerCookie === undefined ? [] : [{ header: 'cookie', pattern: cookiePattern(testerCookie, side) }]),
  ];
}

/** A header `cookie` holds all cookies, `name=value` with `; ` between them. */
function cookiePattern(name: string, side: Side): string {
  const literal = name.replace(/[^A-Za-z0-9_-]/g, (character) => `\\${character}`);
  return `(.*; ?)?${literal}=${side}(;.*)?`;
}
