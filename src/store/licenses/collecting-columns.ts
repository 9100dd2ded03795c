import type { ColumnTypes } from "../bulk.ts";

/** Columns of the statements that write a batch, with their types. */
export const licenseColumns: ColumnTypes = {
  ...{
    holder_code: "text",
    identifier: "text",
    type_code: "text",
    number: "text",
    holder_id_type: "text",
    holder_name: "text",
  },
  ...{
    issuer_code: "text",
    region: "text",
    issued_on: "date",
    valid_from: "date",
    valid_until: "date",
    version: "int",
  },
  ...{
    predecessor: "text",
    successor: "text",
    attributes: "jsonb",
    state: "text",
    state_since: "date",
    check_status: "text",
  },
  ...{ jws: "text", kid: "text", status_list: "int", status_index: "int", content_digest: "text", client_id: "text" },
  ...{ source_record_id: "text", source_updated_at: "timestamptz", received_at: "timestamptz", submission_id: "uuid" },
  ...{ log_batch: "bigint", log_place: "int" },
};

export const eventColumns: ColumnTypes = {
  ...{
    holder_code: "text",
    identifier: "text",
    operation: "text",
    state: "text",
    effective_on: "date",
    reason: "text",
  },
  ...{ client_id: "text", source_record_id: "text", source_updated_at: "timestamptz", received_at: "timestamptz" },
  ...{ content_digest: "text", submission_id: "uuid", log_batch: "bigint", log_place: "int" },
};

export const decidedColumns: ColumnTypes = {
  identifier: "text",
  content_digest: "text",
  source_updated_at: "timestamptz",
};

export const pendingColumns: ColumnTypes = {
  source_updated_at: "timestamptz",
  ...{ identifier: "text", content_digest: "text", issuer_code: "text", client_id: "text", record: "jsonb" },
  ...{ received_at: "timestamptz", submission_id: "uuid" },
};

export const holderColumns: ColumnTypes = {
  code: "text",
  id_type: "text",
  name: "text",
  region: "text",
  name_license: "text",
};
