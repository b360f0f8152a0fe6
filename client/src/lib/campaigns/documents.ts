import { graphql, type ResultOf, type VariablesOf } from "../api/graphql.ts";
import { RatingsFields } from "../responses/documents.ts";

export const ProgressFields = graphql(`
  fragment ProgressFields on CampaignProgress {
    campaignId
    seq
    status
    statusReason
    statusBy
    total
    queued
    retrying
    sending
    sent
    failed
    skipped
    unconfirmed
    percent
    ratePerSecond
    etaSeconds
    workers
    updatedAt
  }
`);

export type Progress = ResultOf<typeof ProgressFields>;

export const HeldByFields = graphql(`
  fragment HeldByFields on HeldBy {
    rule
    until
    because
    by
  }
`);

export type HeldBy = ResultOf<typeof HeldByFields>;

/** How a campaign goes out; what may be changed while it does. */
export const GoingOut = graphql(`
  fragment GoingOut on Campaign {
    transportId
    throttle {
      messages
      per
    }
    quietHours {
      from
      to
      days
      zone
    }
    pauseAtFailureShare
  }
`);

export const CampaignFields = graphql(
  `
    fragment CampaignFields on Campaign {
      id
      name
      channel
      subject
      body
      html
      status
      statusReason
      statusChangedAt
      createdAt
      startedAt
      completedAt
      scheduledAt
      scheduledZone
      ...GoingOut
      reminderNumber
      reminderOf {
        id
        name
      }
      reminders {
        number
        afterHours
        subject
        body
        nextAt
        campaign {
          id
          progress {
            sent
            total
          }
        }
      }
      heldBy {
        ...HeldByFields
      }
      failures {
        reason
        words
        remedy
        count
        isTransient
        isDeadAddress
      }
      simulation {
        seed
        delayMs
        delaySpread
        transientFailureShare
        permanentFailureShare
        answerShare
        answerDelayMs
      }
      progress {
        ...ProgressFields
      }
      ratings {
        ...RatingsFields
      }
    }
  `,
  [GoingOut, HeldByFields, ProgressFields, RatingsFields],
);

export type Campaign = ResultOf<typeof CampaignFields>;

export const CampaignList = graphql(
  `
    query CampaignList($first: Int!, $after: String, $search: String, $status: CampaignStatus) {
      campaigns(first: $first, after: $after, search: $search, status: $status) {
        nodes {
          id
          name
          createdAt
          startedAt
          completedAt
          throttle {
            messages
            per
          }
          heldBy {
            ...HeldByFields
          }
          progress {
            ...ProgressFields
          }
          ratings {
            ...RatingsFields
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  `,
  [HeldByFields, ProgressFields, RatingsFields],
);

export type CampaignInList = ResultOf<typeof CampaignList>["campaigns"]["nodes"][number];

export const CreateCampaign = graphql(`
  mutation CreateCampaign($input: CreateCampaignInput!) {
    createCampaign(input: $input) {
      campaign {
        id
      }
      userErrors {
        code
        field
        message
      }
    }
  }
`);

export const ScheduleCampaign = graphql(`
  mutation ScheduleCampaign($input: ScheduleCampaignInput!) {
    scheduleCampaign(input: $input) {
      userErrors {
        code
        field
        message
      }
    }
  }
`);

export const SetReminders = graphql(`
  mutation SetReminders($input: SetRemindersInput!) {
    setReminders(input: $input) {
      userErrors {
        message
      }
    }
  }
`);

/** The ways by which mail can leave, besides the simulator. */
export const WaysOut = graphql(`
  query WaysOut {
    transports(first: 100) {
      nodes {
        id
        name
        kind
      }
    }
    catchesMail
  }
`);

export type WaysOut = ResultOf<typeof WaysOut>;

export const PreviewMessage = graphql(`
  query PreviewMessage($input: PreviewMessageInput!) {
    previewMessage(input: $input) {
      messages {
        subject
        text
        html
        missingField
      }
      variables {
        name
        hasDefault
      }
      userErrors {
        code
        field
        line
        column
        message
      }
    }
  }
`);

export type Preview = ResultOf<typeof PreviewMessage>["previewMessage"];
export type PreviewInput = VariablesOf<typeof PreviewMessage>["input"];

export const ProgressSubscription = graphql(
  `
    subscription CampaignProgress($campaignId: ID!) {
      campaignProgress(campaignId: $campaignId) {
        ...ProgressFields
      }
    }
  `,
  [ProgressFields],
);

export const CopiedCampaign = graphql(
  `
    query CopiedCampaign($id: ID!) {
      campaign(id: $id) {
        name
        subject
        body
        html
        ...GoingOut
        reminders {
          number
          afterHours
          subject
          body
        }
        simulation {
          seed
          delayMs
          delaySpread
          transientFailureShare
          permanentFailureShare
          answerShare
          answerDelayMs
        }
      }
    }
  `,
  [GoingOut],
);

export type CampaignToCopy = NonNullable<ResultOf<typeof CopiedCampaign>["campaign"]>;

/** The campaign and its figures without a socket. */
export const CampaignNow = graphql(
  `
    query CampaignNow($id: ID!) {
      campaign(id: $id) {
        ...CampaignFields
      }
    }
  `,
  [CampaignFields],
);

export const CampaignName = graphql(`
  query CampaignName($id: ID!) {
    campaign(id: $id) {
      id
      name
    }
  }
`);

export const NewestCampaign = graphql(`
  query NewestCampaign {
    campaigns(first: 1) {
      nodes {
        id
      }
    }
  }
`);
