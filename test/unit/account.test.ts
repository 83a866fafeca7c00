import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findClosedFolder } from "../../local/account";

const stranger = { name: "stranger", uid: 61_234, gid: 61_234 };
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** outer/middle/inner, everybody may enter all three. */
function setup() {
  const outer = mkdtempSync(join(tmpdir(), "treeline-account-"));
  folders.push(outer);
  const middle = join(outer, "middle");
  const inner = join(middle, "inner");
  mkdirSync(inner, { recursive: true });
  for (const folder of [outer, middle, inner]) chmodSync(folder, 0o755);
  return { outer, middle, inner };
}

describe("findClosedFolder", () => {
  test("finds nothing where every folder on the way is open", () => {
    expect(findClosedFolder(setup().inner, stranger)).toBeNull();
  });

  test("finds the topmost closed folder, not the one that was asked for", () => {
    const { middle, inner } = setup();
    chmodSync(inner, 0o700);
    chmodSync(middle, 0o700);
    expect(findClosedFolder(inner, stranger)).toBe(middle);
  });

  test("looks past what does not exist yet", () => {
    const { outer } = setup();
    expect(findClosedFolder(join(outer, "new", "newer"), stranger)).toBeNull();
    chmodSync(outer, 0o700);
    expect(findClosedFolder(join(outer, "new", "newer"), stranger)).toBe(outer);
  });

  test("asks nothing where the servers run as who we are", () => {
    const { outer } = setup();
    chmodSync(outer, 0o700);
    expect(findClosedFolder(outer, null)).toBeNull();
  });
});
