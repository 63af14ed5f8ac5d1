/** What the QR code of an opened ballot carries: enough to make the same ballot on a second device. */

import type { Ballot, Opening } from "../ballots/ballot.js";
import { reproduce } from "../ballots/ballot.js";
import type { Election } from "../ballots/election.js";
import { BallotError, bytesToHex, compactBase64, hexToBytes } from "../ballots/encoding.js";
import type { Choices } from "../ballots/questions/index.js";

const SEPARATOR = "~";
const FORMAT = "1";

const base64Url = (bytes: Uint8Array): string => compactBase64(bytes).replaceAll("+", "-").replaceAll("/", "_");

const numberBytes = (value: bigint): Uint8Array => hexToBytes(value.toString(16).padStart(64, "0"));

function bytes32(text: string): Uint8Array {
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) throw new BallotError("code", "is damaged");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

const numbers = (values: readonly (number | readonly number[])[]): string =>
  values.map((value) => (typeof value === "number" ? String(value) : value.join("-"))).join(",");

/** `0,1,0;1,0`: questions apart by semicolons, answers by commas, the marks of a list by dashes. */
const choicesText = (choices: readonly Choices[]): string => choices.map(numbers).join(";");

function parseChoices(text: string): Choices[] {
  if (!/^[0-9]{1,3}([,;-][0-9]{1,3})*$/.test(text)) throw new BallotError("code", "is damaged");
  return text.split(";").map((question) => {
    const lists = question.includes("-");
    const items = question.split(",").map((item) => (lists ? item.split("-").map(Number) : Number(item)));
    return items as Choices;
  });
}

export interface Opened {
  readonly uuid: string;
  readonly credential: Uint8Array;
  readonly seed: Uint8Array;
  readonly nonces: Uint8Array;
  readonly challenge: Uint8Array;
  readonly response: Uint8Array;
  readonly choices: readonly Choices[];
}

export function encode(uuid: string, ballot: Ballot, opening: Opening, nonces: Uint8Array): string {
  const { credential, signature } = ballot;
  const parts = [
    hexToBytes(credential.text),
    opening.seed,
    nonces,
    numberBytes(signature.challenge),
    numberBytes(signature.response),
  ];
  return [FORMAT, uuid, ...parts.map(base64Url), choicesText(opening.choices)].join(SEPARATOR);
}

export function decode(code: string): Opened {
  const parts = code.split(SEPARATOR);
  if (parts.length !== 8 || parts[0] !== FORMAT) throw new BallotError("code", "is damaged");
  const [credential, seed, nonces, challenge, response] = parts.slice(2, 7).map(bytes32);
  return { uuid: parts[1], credential, seed, nonces, challenge, response, choices: parseChoices(parts[7]) };
}

/** The ballot that the code stands for, made again on this device. */
export function ballotOf(election: Election, opened: Opened): Uint8Array {
  const { group } = election;
  const credential = group.parseElement(bytesToHex(opened.credential), "code");
  const scalar = (value: Uint8Array) => group.parseScalar(BigInt(`0x${bytesToHex(value)}`).toString(), "code");
  const signature = { challenge: scalar(opened.challenge), response: scalar(opened.response) };
  return reproduce(election, credential, opened.choices, opened.seed, opened.nonces, signature);
}
