import { graphql, type ResultOf, type VariablesOf } from "../api/graphql.ts";

export const ImportFields = graphql(`
  fragment ImportFields on Import {
    id
    campaignId
    fileName
    dryRun
    status
    statusReason
    startedBy
    createdAt
    finishedAt
    rowsTotal
    rowsRead
    accepted
    updated
    duplicates
    invalid
    suppressed
    warnings
    rejectedFileUrl
    reasons {
      code
      rows
    }
  }
`);

export type Import = ResultOf<typeof ImportFields>;
export type ReasonCode = Import["reasons"][number]["code"];

export const ImportCampaign = graphql(
  `
    query ImportCampaign($id: ID!) {
      campaign(id: $id) {
        id
        name
        status
        imports(first: 5) {
          nodes {
            ...ImportFields
          }
        }
      }
    }
  `,
  [ImportFields],
);

export type CampaignOfImports = NonNullable<ResultOf<typeof ImportCampaign>["campaign"]>;

export const OneUpload = graphql(`
  query OneUpload($id: ID!) {
    upload(id: $id) {
      id
      fileName
      status
      bytes
      url
      problem
    }
  }
`);

export type Upload = NonNullable<ResultOf<typeof OneUpload>["upload"]>;

export const Preview = graphql(`
  query Preview(
    $uploadId: ID!
    $kind: FileKind
    $encoding: FileEncoding
    $delimiter: FileDelimiter
    $hasHeader: Boolean
  ) {
    importPreview(uploadId: $uploadId, kind: $kind, encoding: $encoding, delimiter: $delimiter, hasHeader: $hasHeader) {
      kind
      encoding
      delimiter
      hasHeader
      columns {
        index
        name
        samples
        guess
      }
      rows
      problem
    }
  }
`);

export type Found = ResultOf<typeof Preview>["importPreview"];
export type FoundColumn = Found["columns"][number];
export type Meaning = FoundColumn["guess"];

export const OneImport = graphql(
  `
    query OneImport($id: ID!, $code: ImportProblemCode, $rejected: Boolean, $after: String) {
      import(id: $id) {
        ...ImportFields
        problems(first: 25, code: $code, rejected: $rejected, after: $after) {
          nodes {
            id
            row
            code
            rejected
            column
            value
            message
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  `,
  [ImportFields],
);

export type Problems = NonNullable<ResultOf<typeof OneImport>["import"]>["problems"];

export const CreateUpload = graphql(`
  mutation CreateUpload($input: CreateUploadInput!) {
    createUpload(input: $input) {
      upload {
        id
        url
      }
      userErrors {
        message
      }
    }
  }
`);

export const StartImport = graphql(`
  mutation StartImport($input: StartImportInput!) {
    startImport(input: $input) {
      import {
        id
      }
      userErrors {
        field
        message
      }
    }
  }
`);

export type StartInput = VariablesOf<typeof StartImport>["input"];

export const CancelImport = graphql(`
  mutation CancelImport($input: CancelImportInput!) {
    decided: cancelImport(input: $input) {
      userErrors {
        message
      }
    }
  }
`);

export const UndoImport = graphql(`
  mutation UndoImport($input: UndoImportInput!) {
    decided: undoImport(input: $input) {
      userErrors {
        message
      }
    }
  }
`);

export const ImportProgress = graphql(
  `
    subscription ImportProgress($importId: ID!) {
      importProgress(importId: $importId) {
        ...ImportFields
      }
    }
  `,
  [ImportFields],
);
