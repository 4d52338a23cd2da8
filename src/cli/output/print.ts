import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { Result } from '../../contracts/events.ts';

/** A table: its headings and rows; undefined prints as a dash. */
export interface Rows {
  head: string[];
  rows: (string | number | undefined)[][];
  /** Printed instead of an empty table. */
  empty: string;
}

/** Prints a command's result on stdout: the value as JSON, or its rows for people. */
export function printResult(output: 'table' | 'json', value: unknown, rows: () => Rows): void {
  if (output === 'json') process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  else process.stdout.write(`${renderTable(rows())}\n`);
}

/** Prints one sentence for people, or the value as JSON. */
export function printDone(output: 'table' | 'json', value: unknown, text: string): void {
  process.stdout.write(output === 'json' ? `${JSON.stringify(value, null, 2)}\n` : `${text}\n`);
}

/** A note for people on stderr. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Lays rows out in columns without borders. */
export function renderTable({ head, rows, empty }: Rows): string {
  if (rows.length === 0) return empty;
  const table = new Table({
    head: head.map((title) => paint('bold', title.toUpperCase())),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    chars: BORDERLESS,
  });
  table.push(...rows.map((row) => row.map((cell) => singleLine(cell ?? '-'))));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Colours a text when the terminal takes colours (NO_COLOR is honoured). */
export function paint(style: 'bold' | 'dim' | 'green' | 'yellow' | 'red', text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** A result in its colour. */
export function paintResult(result: Result | undefined): string {
  switch (result) {
    case 'pass':
      return paint('green', result);
    case 'warning':
      return paint('yellow', result);
    case 'fail':
      return paint('red', result);
    case undefined:
      return '-';
  }
}

/** The longest message that a line for people shows; JSON has it whole. */
const MAX_MESSAGE = 200;

/** A message for people: on one line, cut to 200 characters. */
export function shortMessage(message: string): string {
  const line = singleLine(message).replace(/ {2,}/g, ' ');
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE - 1)}…` : line;
}

/** Text from outside must neither break the table nor steer the terminal. */
export function singleLine(cell: string | number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of paint() stay, other control characters go
  return String(cell).replace(/[\u0000-\u001a\u001c-\u001f\u007f]+|\u001b(?!\[\d+m)/g, ' ');
}

const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '   ',
};
