/** What a newcomer can run at once. The variables name `campaignId`, or wait for one where there is none yet. */
export function tabsAbout(campaignId: string | null): { query: string; variables?: string }[] {
  const id = campaignId ?? "the id that Create answers with";
  const variables = JSON.stringify({ id }, null, 2);
  const ofAnImport = { campaignId: id, uploadId: "the upload's id", importId: "the import's id" };
  return [
    { query: WHO_AM_I },
    { query: CAMPAIGNS },
    { query: CREATE },
    { query: IMPORT_CUSTOMERS, variables: JSON.stringify(ofAnImport, null, 2) },
    { query: DISPATCH, variables },
    { query: WATCH_IT_LIVE, variables },
    { query: ANSWERS_AS_THEY_COME, variables },
    { query: FAILED_WITH_REASONS, variables },
  ];
}

const WHO_AM_I = `# Who am I? Press the button with the triangle, or Ctrl-Enter.
query WhoAmI {
  workspace {
    id
    name
    createdAt
  }
}
`;

const CAMPAIGNS = `# The newest campaigns and how far each is. Go on with after: "<endCursor>".
query Campaigns {
  campaigns(first: 10) {
    nodes {
      id
      name
      status
      statusReason
      progress {
        total
        sent
        failed
        percent
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`;

const CREATE = `# A campaign of your own with three made-up customers: create it, then put the id it
# answers with into addRecipients (remove the leading # signs) and run that.
mutation Create {
  createCampaign(
    input: {
      name: "From GraphiQL"
      subject: "How did we do, {{ first_name }}?"
      body: "Hello {{ name }},\\n\\nwould you tell us how it was?"
      simulation: { delayMs: 200, permanentFailureShare: 0.02, answerShare: 1, answerDelayMs: 10000 }
    }
  ) {
    campaign {
      id
      status
    }
    userErrors {
      code
      field
      message
    }
  }
}

# mutation AddRecipients {
#   addRecipients(
#     input: {
#       campaignId: ""
#       recipients: [
#         { name: "Ada Amber", email: "ada@example.com" }
#         { name: "Bo Birch", email: "bo@example.com" }
#         { name: "Cleo Clover", email: "cleo@example.com", fields: { order: "MADE-UP-3" } }
#       ]
#     }
#   ) {
#     added
#     duplicates
#     invalid
#     userErrors {
#       field
#       message
#     }
#   }
# }
`;

const IMPORT_CUSTOMERS = `# A file of customers, step by step: the button asks which. Put each answer's id into the variables below.
# 1. Announce the file.
mutation ImportCustomers {
  createUpload(input: { fileName: "customers.csv" }) {
    upload {
      id
      url
    }
    userErrors {
      field
      message
    }
  }
}

# 2. Send its bytes to that url by a plain PUT, from a terminal (npm run --silent token prints a token):
#    curl -T customers.csv -H "Authorization: Bearer TOKEN" http://localhost:4000/uploads/ID

# 3. What was found in it? All of it can be asked for again with other choices: importPreview(…, delimiter: SEMICOLON).
query ImportPreview($uploadId: ID!) {
  importPreview(uploadId: $uploadId) {
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
    problem
  }
}

# 4. Try it out; with dryRun: false it is done. Without columns they become what was guessed.
mutation StartImport($uploadId: ID!, $campaignId: ID!) {
  startImport(input: { uploadId: $uploadId, campaignId: $campaignId, dryRun: true }) {
    import {
      id
      status
    }
    userErrors {
      code
      field
      message
    }
  }
}

# 5. Watch it.
subscription ImportProgress($importId: ID!) {
  importProgress(importId: $importId) {
    status
    statusReason
    rowsTotal
    rowsRead
    accepted
    updated
    duplicates
    invalid
    suppressed
  }
}

# 6. Which rows did not go in, and why?
query ImportProblems($importId: ID!) {
  import(id: $importId) {
    rejectedFileUrl
    problems(first: 25, rejected: true) {
      nodes {
        row
        code
        column
        value
        message
      }
    }
  }
}
`;

const DISPATCH = `# Start sending. Run it twice: the second time changes nothing.
mutation Dispatch($id: ID!) {
  dispatchCampaign(input: { campaignId: $id }) {
    campaign {
      status
      startedAt
    }
    userErrors {
      code
      field
      message
    }
  }
}
`;

const WATCH_IT_LIVE = `# Watch a campaign live: run this, then dispatch it from the tab before or from its page.
subscription WatchItLive($id: ID!) {
  campaignProgress(campaignId: $id) {
    seq
    status
    percent
    ratePerSecond
    etaSeconds
    total
    queued
    retrying
    sending
    sent
    failed
    skipped
    unconfirmed
  }
}
`;

const ANSWERS_AS_THEY_COME = `# Answers as they come: run this, then answer by the link in a message (under Caught mail, say). Without the
# variables it tells of all campaigns.
subscription AnswersAsTheyCome($id: ID) {
  responseReceived(campaignId: $id) {
    isNew
    response {
      rating
      comment
      answeredAt
      responseTimeSeconds
      recipient {
        name
        email
      }
      campaign {
        name
        ratings {
          opened
          rated
          average
          distribution
          conversionRate
        }
      }
    }
  }
}

# What was answered before: the newest with words that nobody has read yet.
query Answers {
  responses(first: 20, filter: { hasComment: true, unread: true }) {
    nodes {
      id
      rating
      comment
      answeredAt
      changedAt
      recipient {
        name
        email
      }
      note
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}

# Read, and somebody's to look after.
# mutation MarkResponsesRead {
#   markResponsesRead(input: { ids: [""], read: true }) {
#     responses {
#       id
#       readAt
#     }
#     userErrors {
#       field
#       message
#     }
#   }
# }
`;

const FAILED_WITH_REASONS = `# Who failed, and why, in the provider's words.
query FailedWithReasons($id: ID!) {
  campaign(id: $id) {
    name
    recipients(first: 20, status: FAILED, order: NEWEST_ACTIVITY) {
      nodes {
        name
        email
        attemptCount
        errorCode
        error
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
`;
