import { assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../src/cli/commands.ts";
import { which } from "../tools.ts";
import { goer, run } from "./goer.ts";

/** Returns the shell's completions of a partial command line. */
type Complete = (script: string, line: string, folder: string) => Promise<string[]>;

/** How to get completions from each shell, without a terminal if possible. */
const SHELLS: Record<string, Complete> = {
  async bash(script, line, folder) {
    const words = line.split(" ").map((word) => `'${word}'`).join(" ");
    const { out } = await run(["bash", "--norc", "-s"], {
      cwd: folder,
      input: `${script}
COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_goer
printf '%s\\n' "\${COMPREPLY[@]}"`,
    });
    return out.split("\n").filter(Boolean).sort();
  },
  async zsh(script, line, folder) {
    await Deno.writeTextFile(`${folder}/.completions`, script);
    // Completion needs a terminal. All candidates pass through compadd.
    await Deno.writeTextFile(
      `${folder}/.setup`,
      `PROMPT=; autoload -Uz compinit; compinit -u -d ./.dump; source ./.completions
finish() { print -r -- OFFERED-ALL; exit }
comppostfuncs=(finish)
compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return $?; fi
  local -a hits; builtin compadd -A hits "$@"; print -rl -- "" OFFERED:$^hits; builtin compadd "$@"
}
print READ""Y
`,
    );
    const { out } = await run(["zsh", "-fs"], {
      cwd: folder,
      input: `zmodload zsh/zpty
zpty shell zsh -fi
zpty -w shell 'source ./.setup'
zpty -r shell text '*READY*'
zpty -w -n shell ${JSON.stringify(line)}$'\\t'
zpty -r shell text '*OFFERED-ALL*'
print -r -- $text
`,
    });
    return [...out.matchAll(/OFFERED:(\S+)/g)].map(([, word]) => word).sort();
  },
  async fish(script, line, folder) {
    const { out } = await run(["fish", "--no-config"], {
      cwd: folder,
      input: `${script}\ncomplete -C ${JSON.stringify(line)}`,
    });
    return out.split("\n").filter(Boolean).map((one) => one.split("\t")[0]).sort();
  },
};

for (const [shell, complete] of Object.entries(SHELLS)) {
  const missing = await which(shell) === undefined;
  Deno.test({
    name: `${shell} completes commands, options, values and files` +
      (missing ? ` (skipped: there is no ${shell})` : ""),
    ignore: missing,
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        await Deno.writeTextFile(`${folder}/service.ts`, "");
        const script = (await goer("completions", shell)).out;
        const offered = (line: string) => complete(script, line, folder);
        assertEquals(await offered("goer sta"), ["start", "status"]);
        assertEquals(await offered("goer stop --n"), ["--name", "--now"]);
        assertEquals(await offered("goer completions "), ["bash", "fish", "zsh"]);
        assertEquals(await offered("goer start ser"), ["service.ts"]);
        assertEquals(await offered("goer help up"), ["upgrade"]);
        for (const name of Object.keys(COMMANDS)) {
          assertStringIncludes((await offered("goer ")).join(" "), name);
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
