import type { Card } from "../bridge/types";

export type NumberedLine = Card["lines"][number] & { number: number };

/** The lines with the numbers of their steps, which begin anew below each heading; 0 for what is no step. */
export function numbered(lines: Card["lines"]): NumberedLine[] {
  let step = 0;
  return lines.map((line) => {
    if (line.kind === "heading") step = 0;
    return { ...line, number: line.kind === "step" ? ++step : 0 };
  });
}
