import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'

import type { Database } from '../store/database.ts'
import { META_SCHEMA } from '../store/database.ts'
import { decodeSession, encodeSession } from './session.ts'
import type { Block, BlockFormat, UploadSession } from './session.ts'

/** The service's session life; closed sessions stay readable as long. */
const SESSION_LIFE_MS = 24 * 60 * 60 * 1000
const SESSION_FILE = 'session.json'
const BLOCK_FILE = /^(\d+)\.(\d+)\.(record|arrow)\.(\d+)\.(\d+)\.(\d+)$/

/**
 * Upload sessions on disk, one directory each: `session.json` and one file a block.
 *
 * U1. A block's file has its name only after its bytes were verified and synced; its facts stand in the name.
 * U2. A session is closed exactly if the database has its id in `closed_uploads`; that row is written in the
 *     transaction that adds the rows. Files are only a copy of that fact.
 * U3. Block files are removed after that commit, never before.
 */
export class SessionStore {
  private readonly dir: string
  private readonly sessions = new Map<string, UploadSession>()
  private nextSequence = 1

  private constructor(dir: string) {
    this.dir = dir
  }

  static async open(dataDir: string, database: Database, nowMs: number): Promise<SessionStore> {
    const store = new SessionStore(path.join(dataDir, 'uploads'))
    await mkdir(store.dir, { recursive: true })
    const closed = await readClosed(database)
    for (const id of (await readdir(store.dir)).sort())
      await store.recover(id, closed.get(id), nowMs)
    await database.write(async (connection) => {
      await connection.run(`DELETE FROM ${META_SCHEMA}.closed_uploads WHERE closed_ms < ?`, [
        BigInt(nowMs - SESSION_LIFE_MS),
      ])
    })
    return store
  }

  find(id: string, nowMs: number): UploadSession | null {
    const session = this.sessions.get(id)
    if (session === undefined || isOld(session, nowMs)) return null
    return session
  }

  async add(session: UploadSession): Promise<void> {
    await this.removeOld(session.createdMs)
    await mkdir(this.sessionDir(session.id))
    await this.save(session)
    await syncDirectory(this.dir)
    this.sessions.set(session.id, session)
  }

  /** A fresh name for a block that is being received. */
  temporaryFile(session: UploadSession): string {
    return path.join(this.sessionDir(session.id), `${this.nextSequence++}.receiving`)
  }

  /** Makes a received and synced file the block (U1); an older file of the same block goes. */
  async keep(
    session: UploadSession,
    temporary: string,
    facts: Omit<Block, 'sequence'>,
  ): Promise<void> {
    const block = { ...facts, sequence: this.nextSequence++ }
    await rename(temporary, this.blockFile(session, block))
    await syncDirectory(this.sessionDir(session.id))
    const older = session.blocks.get(block.id)
    session.blocks.set(block.id, block)
    if (older !== undefined) await rm(this.blockFile(session, older), { force: true })
  }

  /** Notes a block whose rows are thrown away. */
  keepNothing(session: UploadSession, facts: Omit<Block, 'sequence'>): void {
    session.blocks.set(facts.id, { ...facts, sequence: this.nextSequence++ })
  }

  blockFile(session: UploadSession, block: Block): string {
    const { id, sequence, format, recordCount, bytes, receivedMs } = block
    const name = [id, sequence, format, recordCount, bytes, receivedMs].join('.')
    return path.join(this.sessionDir(session.id), name)
  }

  /** After the commit: stores the closed session and removes its blocks' files (U3). */
  async afterClose(session: UploadSession): Promise<void> {
    await this.save(session)
    await this.removeFiles(session.id)
  }

  private async recover(
    id: string,
    closedSession: string | undefined,
    nowMs: number,
  ): Promise<void> {
    const session = await readSession(path.join(this.dir, id, SESSION_FILE), closedSession)
    if (session === null || isOld(session, nowMs)) {
      await rm(path.join(this.dir, id), { recursive: true, force: true })
      return
    }
    this.sessions.set(id, session)
    if (session.status === 'closed') {
      await this.afterClose(session)
      return
    }
    for (const name of await readdir(this.sessionDir(id))) {
      const block = parseBlockFile(name)
      if (block !== null) await this.recoverBlock(session, block)
      else if (name !== SESSION_FILE) await rm(path.join(this.sessionDir(id), name))
    }
  }

  /** Sessions are in order of their creation, so the first young one ends the search. */
  private async removeOld(nowMs: number): Promise<void> {
    for (const session of this.sessions.values()) {
      if (nowMs - session.createdMs <= SESSION_LIFE_MS) return
      if (!isOld(session, nowMs)) continue
      this.sessions.delete(session.id)
      await rm(this.sessionDir(session.id), { recursive: true, force: true })
    }
  }

  private async recoverBlock(session: UploadSession, block: Block): Promise<void> {
    this.nextSequence = Math.max(this.nextSequence, block.sequence + 1)
    const other = session.blocks.get(block.id)
    if (other !== undefined && other.sequence > block.sequence) {
      await rm(this.blockFile(session, block))
      return
    }
    session.blocks.set(block.id, block)
    if (other !== undefined) await rm(this.blockFile(session, other))
  }

  private async save(session: UploadSession): Promise<void> {
    const file = path.join(this.sessionDir(session.id), SESSION_FILE)
    const handle = await open(`${file}.new`, 'w')
    try {
      await handle.writeFile(encodeSession(session))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(`${file}.new`, file)
    await syncDirectory(this.sessionDir(session.id))
  }

  private async removeFiles(id: string): Promise<void> {
    for (const name of await readdir(this.sessionDir(id))) {
      if (name !== SESSION_FILE) await rm(path.join(this.sessionDir(id), name), { force: true })
    }
  }

  private sessionDir(id: string): string {
    return path.join(this.dir, id)
  }
}

function isOld(session: UploadSession, nowMs: number): boolean {
  return nowMs - (session.closedMs ?? session.createdMs) > SESSION_LIFE_MS
}

async function readSession(
  file: string,
  closed: string | undefined,
): Promise<UploadSession | null> {
  if (closed !== undefined) return decodeSession(closed)
  try {
    return decodeSession(await readFile(file, 'utf8'))
  } catch (error) {
    // A crash between mkdir and the first save: nobody was told this id.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw new Error(`upload session file ${file} cannot be read: remove its directory`, {
      cause: error,
    })
  }
}

async function readClosed(database: Database): Promise<Map<string, string>> {
  const connection = await database.connect()
  try {
    const reader = await connection.runAndReadAll(
      `SELECT upload_id, session FROM ${META_SCHEMA}.closed_uploads`,
    )
    return new Map(reader.getRows().map(([id, session]) => [String(id), String(session)]))
  } finally {
    connection.closeSync()
  }
}

function parseBlockFile(name: string): Block | null {
  const match = BLOCK_FILE.exec(name)
  if (match === null) return null
  return {
    id: Number(match[1]),
    sequence: Number(match[2]),
    format: match[3] as BlockFormat,
    recordCount: Number(match[4]),
    bytes: Number(match[5]),
    receivedMs: Number(match[6]),
  }
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
