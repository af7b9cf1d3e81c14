// Original file: proto/agent/v1/link.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AgentFrameInput as _sluice_agent_v1_AgentFrameInput, AgentFrame as _sluice_agent_v1_AgentFrame } from '../../../sluice/agent/v1/AgentFrame.ts';
import type { BulkAckInput as _sluice_agent_v1_BulkAckInput, BulkAck as _sluice_agent_v1_BulkAck } from '../../../sluice/agent/v1/BulkAck.ts';
import type { BulkChunkInput as _sluice_agent_v1_BulkChunkInput, BulkChunk as _sluice_agent_v1_BulkChunk } from '../../../sluice/agent/v1/BulkChunk.ts';
import type { BundleChunkInput as _sluice_agent_v1_BundleChunkInput, BundleChunk as _sluice_agent_v1_BundleChunk } from '../../../sluice/agent/v1/BundleChunk.ts';
import type { CheckReplyInput as _sluice_agent_v1_CheckReplyInput, CheckReply as _sluice_agent_v1_CheckReply } from '../../../sluice/agent/v1/CheckReply.ts';
import type { CheckRequestInput as _sluice_agent_v1_CheckRequestInput, CheckRequest as _sluice_agent_v1_CheckRequest } from '../../../sluice/agent/v1/CheckRequest.ts';
import type { EnrolReplyInput as _sluice_agent_v1_EnrolReplyInput, EnrolReply as _sluice_agent_v1_EnrolReply } from '../../../sluice/agent/v1/EnrolReply.ts';
import type { EnrolRequestInput as _sluice_agent_v1_EnrolRequestInput, EnrolRequest as _sluice_agent_v1_EnrolRequest } from '../../../sluice/agent/v1/EnrolRequest.ts';
import type { FetchBundleRequestInput as _sluice_agent_v1_FetchBundleRequestInput, FetchBundleRequest as _sluice_agent_v1_FetchBundleRequest } from '../../../sluice/agent/v1/FetchBundleRequest.ts';
import type { LeaveReplyInput as _sluice_agent_v1_LeaveReplyInput, LeaveReply as _sluice_agent_v1_LeaveReply } from '../../../sluice/agent/v1/LeaveReply.ts';
import type { LeaveRequestInput as _sluice_agent_v1_LeaveRequestInput, LeaveRequest as _sluice_agent_v1_LeaveRequest } from '../../../sluice/agent/v1/LeaveRequest.ts';
import type { LogAckInput as _sluice_agent_v1_LogAckInput, LogAck as _sluice_agent_v1_LogAck } from '../../../sluice/agent/v1/LogAck.ts';
import type { LogChunkInput as _sluice_agent_v1_LogChunkInput, LogChunk as _sluice_agent_v1_LogChunk } from '../../../sluice/agent/v1/LogChunk.ts';
import type { PlaneFrameInput as _sluice_agent_v1_PlaneFrameInput, PlaneFrame as _sluice_agent_v1_PlaneFrame } from '../../../sluice/agent/v1/PlaneFrame.ts';
import type { RenewReplyInput as _sluice_agent_v1_RenewReplyInput, RenewReply as _sluice_agent_v1_RenewReply } from '../../../sluice/agent/v1/RenewReply.ts';
import type { RenewRequestInput as _sluice_agent_v1_RenewRequestInput, RenewRequest as _sluice_agent_v1_RenewRequest } from '../../../sluice/agent/v1/RenewRequest.ts';

/**
 * Everything an agent and the control plane say to each other. The agent dials; the control plane
 * never does. One `Session` stream per agent carries control frames; logs and bulk results have
 * calls of their own, so that they never stand before a control frame.
 * 
 * Who calls is said by the client certificate; Check and Enrol need none. Sizes: proto/link-limits.ts.
 */
export interface AgentLinkClient extends grpc.Client {
  Check(argument: _sluice_agent_v1_CheckRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_CheckReply>): grpc.ClientUnaryCall;
  Check(argument: _sluice_agent_v1_CheckRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_agent_v1_CheckReply>): grpc.ClientUnaryCall;
  Check(argument: _sluice_agent_v1_CheckRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_CheckReply>): grpc.ClientUnaryCall;
  Check(argument: _sluice_agent_v1_CheckRequestInput, callback: grpc.requestCallback<_sluice_agent_v1_CheckReply>): grpc.ClientUnaryCall;
  check(argument: _sluice_agent_v1_CheckRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_CheckReply>): grpc.ClientUnaryCall;
  check(argument: _sluice_agent_v1_CheckRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_agent_v1_CheckReply>): grpc.ClientUnaryCall;
  check(argument: _sluice_agent_v1_CheckRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_CheckReply>): grpc.ClientUnaryCall;
  check(argument: _sluice_agent_v1_CheckRequestInput, callback: grpc.requestCallback<_sluice_agent_v1_CheckReply>): grpc.ClientUnaryCall;
  
  /**
   * A result too large for a control frame (rows of a query). Sent before the Result that names it.
   */
  DeliverBulk(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_BulkAck>): grpc.ClientWritableStream<_sluice_agent_v1_BulkChunkInput>;
  DeliverBulk(metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_agent_v1_BulkAck>): grpc.ClientWritableStream<_sluice_agent_v1_BulkChunkInput>;
  DeliverBulk(options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_BulkAck>): grpc.ClientWritableStream<_sluice_agent_v1_BulkChunkInput>;
  DeliverBulk(callback: grpc.requestCallback<_sluice_agent_v1_BulkAck>): grpc.ClientWritableStream<_sluice_agent_v1_BulkChunkInput>;
  /**
   * A result too large for a control frame (rows of a query). Sent before the Result that names it.
   */
  deliverBulk(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_BulkAck>): grpc.ClientWritableStream<_sluice_agent_v1_BulkChunkInput>;
  deliverBulk(metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_agent_v1_BulkAck>): grpc.ClientWritableStream<_sluice_agent_v1_BulkChunkInput>;
  deliverBulk(options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_BulkAck>): grpc.ClientWritableStream<_sluice_agent_v1_BulkChunkInput>;
  deliverBulk(callback: grpc.requestCallback<_sluice_agent_v1_BulkAck>): grpc.ClientWritableStream<_sluice_agent_v1_BulkChunkInput>;
  
  /**
   * Burns a one-time token and makes (or, for the same token and key again, finds) the agent.
   */
  Enrol(argument: _sluice_agent_v1_EnrolRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_EnrolReply>): grpc.ClientUnaryCall;
  Enrol(argument: _sluice_agent_v1_EnrolRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_agent_v1_EnrolReply>): grpc.ClientUnaryCall;
  Enrol(argument: _sluice_agent_v1_EnrolRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_EnrolReply>): grpc.ClientUnaryCall;
  Enrol(argument: _sluice_agent_v1_EnrolRequestInput, callback: grpc.requestCallback<_sluice_agent_v1_EnrolReply>): grpc.ClientUnaryCall;
  /**
   * Burns a one-time token and makes (or, for the same token and key again, finds) the agent.
   */
  enrol(argument: _sluice_agent_v1_EnrolRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_EnrolReply>): grpc.ClientUnaryCall;
  enrol(argument: _sluice_agent_v1_EnrolRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_agent_v1_EnrolReply>): grpc.ClientUnaryCall;
  enrol(argument: _sluice_agent_v1_EnrolRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_EnrolReply>): grpc.ClientUnaryCall;
  enrol(argument: _sluice_agent_v1_EnrolRequestInput, callback: grpc.requestCallback<_sluice_agent_v1_EnrolReply>): grpc.ClientUnaryCall;
  
  FetchBundle(argument: _sluice_agent_v1_FetchBundleRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_agent_v1_BundleChunk>;
  FetchBundle(argument: _sluice_agent_v1_FetchBundleRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_agent_v1_BundleChunk>;
  fetchBundle(argument: _sluice_agent_v1_FetchBundleRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_agent_v1_BundleChunk>;
  fetchBundle(argument: _sluice_agent_v1_FetchBundleRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_agent_v1_BundleChunk>;
  
  Leave(argument: _sluice_agent_v1_LeaveRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_LeaveReply>): grpc.ClientUnaryCall;
  Leave(argument: _sluice_agent_v1_LeaveRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_agent_v1_LeaveReply>): grpc.ClientUnaryCall;
  Leave(argument: _sluice_agent_v1_LeaveRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_LeaveReply>): grpc.ClientUnaryCall;
  Leave(argument: _sluice_agent_v1_LeaveRequestInput, callback: grpc.requestCallback<_sluice_agent_v1_LeaveReply>): grpc.ClientUnaryCall;
  leave(argument: _sluice_agent_v1_LeaveRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_LeaveReply>): grpc.ClientUnaryCall;
  leave(argument: _sluice_agent_v1_LeaveRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_agent_v1_LeaveReply>): grpc.ClientUnaryCall;
  leave(argument: _sluice_agent_v1_LeaveRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_LeaveReply>): grpc.ClientUnaryCall;
  leave(argument: _sluice_agent_v1_LeaveRequestInput, callback: grpc.requestCallback<_sluice_agent_v1_LeaveReply>): grpc.ClientUnaryCall;
  
  /**
   * Takes an expired certificate too: see RenewRequest.
   */
  Renew(argument: _sluice_agent_v1_RenewRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_RenewReply>): grpc.ClientUnaryCall;
  Renew(argument: _sluice_agent_v1_RenewRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_agent_v1_RenewReply>): grpc.ClientUnaryCall;
  Renew(argument: _sluice_agent_v1_RenewRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_RenewReply>): grpc.ClientUnaryCall;
  Renew(argument: _sluice_agent_v1_RenewRequestInput, callback: grpc.requestCallback<_sluice_agent_v1_RenewReply>): grpc.ClientUnaryCall;
  /**
   * Takes an expired certificate too: see RenewRequest.
   */
  renew(argument: _sluice_agent_v1_RenewRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_RenewReply>): grpc.ClientUnaryCall;
  renew(argument: _sluice_agent_v1_RenewRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_agent_v1_RenewReply>): grpc.ClientUnaryCall;
  renew(argument: _sluice_agent_v1_RenewRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_agent_v1_RenewReply>): grpc.ClientUnaryCall;
  renew(argument: _sluice_agent_v1_RenewRequestInput, callback: grpc.requestCallback<_sluice_agent_v1_RenewReply>): grpc.ClientUnaryCall;
  
  /**
   * First frame up is Hello, first frame down is Welcome or Fenced.
   */
  Session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sluice_agent_v1_AgentFrameInput, _sluice_agent_v1_PlaneFrame>;
  Session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sluice_agent_v1_AgentFrameInput, _sluice_agent_v1_PlaneFrame>;
  /**
   * First frame up is Hello, first frame down is Welcome or Fenced.
   */
  session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sluice_agent_v1_AgentFrameInput, _sluice_agent_v1_PlaneFrame>;
  session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sluice_agent_v1_AgentFrameInput, _sluice_agent_v1_PlaneFrame>;
  
  /**
   * Log lines of the agent and of its work. Acknowledged by position.
   */
  UploadLogs(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sluice_agent_v1_LogChunkInput, _sluice_agent_v1_LogAck>;
  UploadLogs(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sluice_agent_v1_LogChunkInput, _sluice_agent_v1_LogAck>;
  /**
   * Log lines of the agent and of its work. Acknowledged by position.
   */
  uploadLogs(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sluice_agent_v1_LogChunkInput, _sluice_agent_v1_LogAck>;
  uploadLogs(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sluice_agent_v1_LogChunkInput, _sluice_agent_v1_LogAck>;
  
}

/**
 * Everything an agent and the control plane say to each other. The agent dials; the control plane
 * never does. One `Session` stream per agent carries control frames; logs and bulk results have
 * calls of their own, so that they never stand before a control frame.
 * 
 * Who calls is said by the client certificate; Check and Enrol need none. Sizes: proto/link-limits.ts.
 */
export interface AgentLinkHandlers extends grpc.UntypedServiceImplementation {
  Check: grpc.handleUnaryCall<_sluice_agent_v1_CheckRequest, _sluice_agent_v1_CheckReplyInput>;
  
  /**
   * A result too large for a control frame (rows of a query). Sent before the Result that names it.
   */
  DeliverBulk: grpc.handleClientStreamingCall<_sluice_agent_v1_BulkChunk, _sluice_agent_v1_BulkAckInput>;
  
  /**
   * Burns a one-time token and makes (or, for the same token and key again, finds) the agent.
   */
  Enrol: grpc.handleUnaryCall<_sluice_agent_v1_EnrolRequest, _sluice_agent_v1_EnrolReplyInput>;
  
  FetchBundle: grpc.handleServerStreamingCall<_sluice_agent_v1_FetchBundleRequest, _sluice_agent_v1_BundleChunkInput>;
  
  Leave: grpc.handleUnaryCall<_sluice_agent_v1_LeaveRequest, _sluice_agent_v1_LeaveReplyInput>;
  
  /**
   * Takes an expired certificate too: see RenewRequest.
   */
  Renew: grpc.handleUnaryCall<_sluice_agent_v1_RenewRequest, _sluice_agent_v1_RenewReplyInput>;
  
  /**
   * First frame up is Hello, first frame down is Welcome or Fenced.
   */
  Session: grpc.handleBidiStreamingCall<_sluice_agent_v1_AgentFrame, _sluice_agent_v1_PlaneFrameInput>;
  
  /**
   * Log lines of the agent and of its work. Acknowledged by position.
   */
  UploadLogs: grpc.handleBidiStreamingCall<_sluice_agent_v1_LogChunk, _sluice_agent_v1_LogAckInput>;
  
}

export interface AgentLinkDefinition extends grpc.ServiceDefinition {
  Check: MethodDefinition<_sluice_agent_v1_CheckRequestInput, _sluice_agent_v1_CheckReplyInput, _sluice_agent_v1_CheckRequest, _sluice_agent_v1_CheckReply>
  DeliverBulk: MethodDefinition<_sluice_agent_v1_BulkChunkInput, _sluice_agent_v1_BulkAckInput, _sluice_agent_v1_BulkChunk, _sluice_agent_v1_BulkAck>
  Enrol: MethodDefinition<_sluice_agent_v1_EnrolRequestInput, _sluice_agent_v1_EnrolReplyInput, _sluice_agent_v1_EnrolRequest, _sluice_agent_v1_EnrolReply>
  FetchBundle: MethodDefinition<_sluice_agent_v1_FetchBundleRequestInput, _sluice_agent_v1_BundleChunkInput, _sluice_agent_v1_FetchBundleRequest, _sluice_agent_v1_BundleChunk>
  Leave: MethodDefinition<_sluice_agent_v1_LeaveRequestInput, _sluice_agent_v1_LeaveReplyInput, _sluice_agent_v1_LeaveRequest, _sluice_agent_v1_LeaveReply>
  Renew: MethodDefinition<_sluice_agent_v1_RenewRequestInput, _sluice_agent_v1_RenewReplyInput, _sluice_agent_v1_RenewRequest, _sluice_agent_v1_RenewReply>
  Session: MethodDefinition<_sluice_agent_v1_AgentFrameInput, _sluice_agent_v1_PlaneFrameInput, _sluice_agent_v1_AgentFrame, _sluice_agent_v1_PlaneFrame>
  UploadLogs: MethodDefinition<_sluice_agent_v1_LogChunkInput, _sluice_agent_v1_LogAckInput, _sluice_agent_v1_LogChunk, _sluice_agent_v1_LogAck>
}
