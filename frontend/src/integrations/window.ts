/** Which rows of a long list are drawn. All rows have one height, so this is arithmetic. */
export interface Span {
  first: number;
  /** One past the last. */
  end: number;
}

export function span(scrollTop: number, viewHeight: number, rowHeight: number, count: number, spare = 8): Span {
  const first = Math.min(Math.max(0, Math.floor(scrollTop / rowHeight) - spare), Math.max(0, count - 1));
  const end = Math.min(count, Math.ceil((scrollTop + viewHeight) / rowHeight) + spare);
  return { first, end: Math.max(first, end) };
}
