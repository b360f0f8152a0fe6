import { graphql, type ResultOf } from "../api/graphql.ts";

export const WhoAmI = graphql(`
  query WhoAmI {
    me {
      name
      role
      scopes
      account {
        name
        email
        hasPassword
      }
      workspace {
        id
        name
        timeZone
      }
      memberships {
        role
        workspace {
          id
          name
        }
      }
    }
  }
`);

/** Who is signed in in this browser. */
export type Me = NonNullable<ResultOf<typeof WhoAmI>["me"]>;
export type Scope = Me["scopes"][number];
export type Role = NonNullable<Me["role"]>;

export const SignIn = graphql(`
  mutation SignIn($input: SignInInput!) {
    signIn(input: $input) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const SignUp = graphql(`
  mutation SignUp($input: SignUpInput!) {
    signUp(input: $input) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const SignInWithLink = graphql(`
  mutation SignInWithLink($token: String!) {
    signInWithLink(input: { token: $token }) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const SignOut = graphql(`
  mutation SignOut {
    signOut {
      userErrors {
        message
      }
    }
  }
`);

export const SwitchWorkspace = graphql(`
  mutation SwitchWorkspace($workspaceId: ID!) {
    switchWorkspace(input: { workspaceId: $workspaceId }) {
      userErrors {
        message
      }
    }
  }
`);

export const RequestPasswordReset = graphql(`
  mutation RequestPasswordReset($email: String!) {
    requestPasswordReset(input: { email: $email }) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const ResetPassword = graphql(`
  mutation ResetPassword($input: ResetPasswordInput!) {
    resetPassword(input: $input) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const Offer = graphql(`
  query Offer($token: String!) {
    invitation(token: $token) {
      workspaceName
      email
      role
      hasAccount
    }
  }
`);
export type InvitationOffer = NonNullable<ResultOf<typeof Offer>["invitation"]>;

export const AcceptInvitation = graphql(`
  mutation AcceptInvitation($input: AcceptInvitationInput!) {
    acceptInvitation(input: $input) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const ChangeAccount = graphql(`
  mutation ChangeAccount($input: ChangeAccountInput!) {
    changeAccount(input: $input) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const ChangePassword = graphql(`
  mutation ChangePassword($input: ChangePasswordInput!) {
    changePassword(input: $input) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const Sessions = graphql(`
  query Sessions {
    currentSession
    sessions {
      id
      createdAt
      lastUsedAt
      address
      userAgent
    }
  }
`);
export type OwnSession = ResultOf<typeof Sessions>["sessions"][number];

export const EndSession = graphql(`
  mutation EndSession($sessionId: ID!) {
    endSession(input: { sessionId: $sessionId }) {
      userErrors {
        message
      }
    }
  }
`);

export const SignOutEverywhere = graphql(`
  mutation SignOutEverywhere {
    signOutEverywhere {
      userErrors {
        message
      }
    }
  }
`);

export const Members = graphql(`
  query Members($after: String) {
    members(first: 100, after: $after) {
      nodes {
        id
        name
        email
        role
        createdAt
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
    invitations(first: 100) {
      nodes {
        id
        email
        role
        invitedBy
        expiresAt
      }
      pageInfo {
        hasNextPage
      }
    }
  }
`);
export type MemberRow = ResultOf<typeof Members>["members"]["nodes"][number];
export type InvitationRow = ResultOf<typeof Members>["invitations"]["nodes"][number];

/** What is set under Settings → Workspace: the page on which customers answer, and the rest period. */
export const WorkspaceLook = graphql(`
  query WorkspaceLook {
    workspace {
      name
      color
      restDays
      reviewLinks {
        name
        url
      }
    }
  }
`);
export type WorkspaceLook = ResultOf<typeof WorkspaceLook>["workspace"];

export const UpdateWorkspace = graphql(`
  mutation UpdateWorkspace($input: UpdateWorkspaceInput!) {
    updateWorkspace(input: $input) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const InviteMember = graphql(`
  mutation InviteMember($input: InviteMemberInput!) {
    inviteMember(input: $input) {
      link
      userErrors {
        field
        message
      }
    }
  }
`);

export const RevokeInvitation = graphql(`
  mutation RevokeInvitation($invitationId: ID!) {
    revokeInvitation(input: { invitationId: $invitationId }) {
      userErrors {
        message
      }
    }
  }
`);

export const ChangeRole = graphql(`
  mutation ChangeRole($input: ChangeRoleInput!) {
    changeRole(input: $input) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const RemoveMember = graphql(`
  mutation RemoveMember($memberId: ID!) {
    removeMember(input: { memberId: $memberId }) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const ApiTokens = graphql(`
  query ApiTokens($after: String) {
    apiTokens(first: 100, after: $after) {
      nodes {
        id
        name
        hint
        scopes
        createdBy
        createdAt
        expiresAt
        lastUsedAt
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);
export type TokenRow = ResultOf<typeof ApiTokens>["apiTokens"]["nodes"][number];

export const CreateApiToken = graphql(`
  mutation CreateApiToken($input: CreateApiTokenInput!) {
    createApiToken(input: $input) {
      secret
      userErrors {
        field
        message
      }
    }
  }
`);

export const RevokeApiToken = graphql(`
  mutation RevokeApiToken($tokenId: ID!) {
    revokeApiToken(input: { tokenId: $tokenId }) {
      userErrors {
        message
      }
    }
  }
`);

export const AuditLog = graphql(`
  query AuditLog($after: String, $action: AuditAction) {
    auditLog(first: 50, after: $after, action: $action) {
      nodes {
        id
        at
        actorKind
        actorName
        action
        subjectId
        subjectName
        address
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);
export type AuditRow = ResultOf<typeof AuditLog>["auditLog"]["nodes"][number];
export type AuditAction = AuditRow["action"];
