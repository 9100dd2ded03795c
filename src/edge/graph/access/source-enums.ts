import { sourceKinds } from "../../../domain/sources/source.ts";
import { circuitStates, type RunEnd, runEnds } from "../../../domain/sources/source-run.ts";
import { described, register } from "../enums.ts";

export const SourceKindEnum = register(
  "SourceKind",
  "How a source is asked.",
  described(sourceKinds, {
    GRAPHQL: "A subgraph that offers licenseChanges.",
    REST: "A sharing service: POST with an envelope.",
    POSTGRESQL: "A view of a PostgreSQL.",
    MYSQL: "A view of a MySQL.",
  }),
);

export const CircuitStateEnum = register(
  "CircuitState",
  "Whether a source is called.",
  described(circuitStates, {
    CLOSED: "It is called.",
    OPEN: "It failed again and again, and is left alone until its next try.",
    HALF_OPEN: "That try, with a single call, is due.",
  }),
);

const ends = Object.keys(runEnds) as RunEnd[]; // the keys of a constant are its names

export const RunEndEnum = register(
  "SourceRunEnd",
  "How a pull ended.",
  described(ends, Object.fromEntries(ends.map((end) => [end, runEnds[end].en])) as Record<RunEnd, string>), // one text an end
);
