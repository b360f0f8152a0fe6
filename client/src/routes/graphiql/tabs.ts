const SAMPLE = JSON.stringify({ id: "00000000-0000-7000-8000-000000000010" }, null, 2);

/** What a newcomer can run at once; the variables name the sample campaign. */
export const TABS = [
  {
    query: `# Who am I, and what is here? Press ▶ (or Ctrl-Enter).
query WhoAmI {
  workspace {
    name
  }
  campaigns(first: 5) {
    nodes {
      id
      name
      status
      progress {
        total
        percent
      }
    }
  }
}
`,
  },
  {
    query: `# Watch a campaign live: run this, then dispatch it from another tab or from its page.
subscription WatchItLive($id: ID!) {
  campaignProgress(campaignId: $id) {
    seq
    status
    percent
    ratePerSecond
    etaSeconds
    queued
    retrying
    sending
    sent
    failed
  }
}
`,
    variables: SAMPLE,
  },
  {
    query: `# Start sending. Run it twice: the second time changes nothing.
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
`,
    variables: SAMPLE,
  },
  {
    query: `# A campaign of your own; then add recipients to the id it answers with.
mutation Create {
  createCampaign(
    input: {
      name: "From GraphiQL"
      subject: "How did we do, {{name}}?"
      simulation: { delayMs: 200, permanentFailureShare: 0.02 }
    }
  ) {
    campaign {
      id
      status
    }
    userErrors {
      field
      message
    }
  }
}
`,
  },
  {
    query: `# Who failed, and why, in the provider's words.
query FailedWithReasons($id: ID!) {
  campaign(id: $id) {
    name
    recipients(first: 20, status: FAILED, order: NEWEST_ACTIVITY) {
      nodes {
        name
        email
        attempts
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
`,
    variables: SAMPLE,
  },
];
