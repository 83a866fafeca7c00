import type { Json } from "../../graph/json";
import { fileIdOf } from "../../graph/file";
import { BlockFailure } from "../block";
import type { BlockContext, FileContent } from "../block";
import { invalid } from "../inputs";
import { getMessage, parseUrl } from "../web/message";
import type { Download } from "../web/send";

/** The bytes behind the value of a file pin. `pin` names it in messages. */
export type OpenFile = (file: Json, pin: string, context: BlockContext) => Promise<FileContent>;

const defaultType = "application/octet-stream";

/**
 * A reference (of this owner), a data URI or a URL, which is fetched as SendWebRequest would. There are no paths: nobody's files
 * are on a worker. Throws `BlockFailure`; one of a fetch that may pass is retryable.
 */
export function createOpenFile(download: Download): OpenFile {
  return async (file, pin, context) => {
    if (typeof file !== "string" || !/^(?:data:|https?:|treeline:)/i.test(file))
      throw invalid(`${pin} must be a URL, a data URI or a reference to a file`);
    const content = await (file.startsWith("treeline:")
      ? readReference(file, pin, context)
      : /^data:/i.test(file)
        ? readDataUri(file, pin)
        : fetchFile(file, download, context));
    if (content.bytes.length > context.files.maxBytes) throw tooLarge(pin, context);
    return content;
  };
}

async function readReference(uri: string, pin: string, { files }: BlockContext): Promise<FileContent> {
  const id = fileIdOf(uri);
  const found = id === null ? null : await files.read(id);
  if (!found) throw new BlockFailure("file_missing", `${pin} refers to a file that is not there`);
  return found;
}

function readDataUri(uri: string, pin: string): FileContent {
  const [, meta = "", data] = /^data:([^,]*),(.*)$/is.exec(uri) ?? [];
  if (data === undefined) throw invalid(`${pin} is a malformed data URI`);
  const base64 = /;\s*base64\s*$/i;
  const type = meta.replace(base64, "");
  const contentType = type === "" || type.startsWith(";") ? `text/plain${type}` : type;
  if (base64.test(meta)) return { bytes: Buffer.from(data, "base64"), contentType };
  try {
    return { bytes: Buffer.from(decodeURIComponent(data), "utf8"), contentType };
  } catch {
    throw invalid(`${pin} is a malformed data URI`);
  }
}

async function fetchFile(text: string, download: Download, context: BlockContext): Promise<FileContent> {
  const url = parseUrl(text);
  const { status, bytes, contentType } = await download(getMessage(url, "*/*"), context, context.files.maxBytes);
  if (status >= 200 && status < 300) return { bytes, contentType: contentType || defaultType };
  const retryable = status === 429 || status >= 500;
  throw new BlockFailure("file_not_fetched", `${url.origin} answered ${status}`, { retryable });
}

function tooLarge(pin: string, { files }: BlockContext): BlockFailure {
  return new BlockFailure("file_too_large", `${pin} has more than the ${files.maxBytes} bytes that are allowed`);
}
