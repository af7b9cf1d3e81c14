/** The agent link's version. Peers agree on the highest that both speak; see Hello and Welcome. */
export const PROTOCOL_VERSION = 1
export const PROTOCOL_VERSION_MIN = 1
// History, one line a version:
// 1  first version: enrolment by token, session, leases, work by credit, spooled results
