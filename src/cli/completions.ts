/**
 * Completion scripts for shells.
 *
 * @module
 */

import { writeOutput } from "../runtime/process/output.ts";
import type { Arguments } from "./arguments.ts";
import { type CommandDescription, COMMANDS } from "./commands.ts";
import { OPTIONS, summaryOf } from "./options.ts";
import { EXIT_CODES } from "./usage.ts";
import { UsageError } from "./words.ts";

const SHELLS: Record<string, () => string> = { bash, zsh, fish };

/** `goer completions` */
export function completions({ operand }: Arguments): number {
  if (operand === undefined) throw new UsageError("Missing shell: choose bash, zsh or fish");
  if (!Object.hasOwn(SHELLS, operand)) {
    throw new UsageError(`Unknown shell "${operand}": choose bash, zsh or fish`);
  }
  writeOutput(SHELLS[operand]());
  return EXIT_CODES.done;
}

function commands(): [string, CommandDescription][] {
  return Object.entries(COMMANDS);
}

/** The possible arguments of a command; `undefined` if they are files. */
function operandWords({ operand }: CommandDescription): string[] | undefined {
  if (operand === "command") return Object.keys(COMMANDS);
  if (operand === "shell") return Object.keys(SHELLS);
  return operand === "" ? [] : undefined;
}

/** The options of a command in all spellings. */
function optionWords({ options }: CommandDescription): string[] {
  return options.flatMap((name) => {
    const { flag, short } = OPTIONS[name];
    return short ? [`--${flag}`, `-${short}`] : [`--${flag}`];
  });
}

function bash(): string {
  const cases = commands().map(([name, description]) => {
    const words = operandWords(description);
    return `    ${name}) options="${optionWords(description).join(" ")}"; ` +
      `words="${words?.join(" ") ?? ""}"; files=${words === undefined ? 1 : ""} ;;`;
  });
  const values = Object.values(OPTIONS).flatMap(({ flag, values }) =>
    values
      ? [`    --${flag}) COMPREPLY=($(compgen -W "${values.join(" ")}" -- "$word")); return ;;`]
      : []
  );
  return `_goer() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  local options="" words="${Object.keys(COMMANDS).join(" ")} --help --version" files=""
  case $before in
${values.join("\n")}
  esac
  if ((COMP_CWORD > 1)); then
    case \${COMP_WORDS[1]} in
${cases.join("\n")}
    *) words="" ;;
    esac
  fi
  case $word in
    -*) words="$words $options"; files="" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [[ $files ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$word"))
  fi
}
complete -F _goer goer
`;
}

/** In single quotes for zsh and fish, without the quotes inside. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "")}'`;
}

function zsh(): string {
  const names = commands().map(([name, { summary }]) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = commands().map(([name, description]) => {
    const words = operandWords(description);
    const operand = words === undefined ? "_files" : `(${words.join(" ")})`;
    const specs = description.options.flatMap((option) => {
      const { flag, short, value, values } = OPTIONS[option];
      const argument = value ? `:${value}:${values ? `(${values.join(" ")})` : "_files"}` : "";
      const rest = `[${summaryOf(option, name)}]${argument}`;
      return [`--${flag}`, ...short ? [`-${short}`] : []].map((one) => quoted(one + rest));
    });
    if (words?.length !== 0) specs.push(quoted(`1:${description.operand}:${operand}`));
    return `    ${name}) _arguments ${specs.join(" ")} ;;`;
  });
  return `#compdef goer
_goer() {
  local -a names=(
${names.join("\n")}
  )
  if ((CURRENT == 2)); then
    _describe command names
    return
  fi
  local name=\${words[2]}
  shift words
  ((CURRENT--))
  case $name in
${cases.join("\n")}
  esac
}
compdef _goer goer
`;
}

function fish(): string {
  const lines = ["complete -c goer -f"];
  for (const [name, description] of commands()) {
    const chosen = quoted(`__fish_seen_subcommand_from ${name}`);
    lines.push(
      `complete -c goer -n __fish_use_subcommand -a ${name} -d ${quoted(description.summary)}`,
    );
    const words = operandWords(description);
    if (words === undefined) lines.push(`complete -c goer -n ${chosen} -F`);
    else if (words.length > 0) {
      lines.push(`complete -c goer -n ${chosen} -a ${quoted(words.join(" "))}`);
    }
    for (const option of description.options) {
      const { flag, short, value, values } = OPTIONS[option];
      const argument = values ? ` -x -a ${quoted(values.join(" "))}` : value ? " -r" : "";
      lines.push(
        `complete -c goer -n ${chosen} -l ${flag}${short ? ` -s ${short}` : ""}${argument} ` +
          `-d ${quoted(summaryOf(option, name))}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}
