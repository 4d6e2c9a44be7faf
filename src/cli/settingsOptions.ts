import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { requirement } from '../schema.ts';
import { assignments, optionName } from './options.ts';

/** The settings of a schema. */
type SettingsSchema = z.ZodObject<Record<string, z.ZodType>>;

/** One setting as JSON Schema has it. */
interface Described {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly items?: unknown;
  readonly description?: string;
  readonly default?: unknown;
  /** What stands for the value in the help. */
  readonly placeholder?: string;
  /** Name of the option, in the form of a key, where it is not the setting's. */
  readonly option?: string;
  /** What holds where the setting is not given, in words. */
  readonly otherwise?: string;
}

/**
 * Adds an option for each setting of a schema: `--clip-gradient <norm>` for `clipGradient`. Text, default and range are
 * those of the schema: `.describe`, `.default` and bounds. `.meta` adds `placeholder`, the name of the value;
 * `otherwise`, the default in words; and `option`, the name of the option if the key is not. A switch takes no value;
 * `--no-…` takes it back. A list is given as `1,2,3`, or as several words if its placeholder ends with `...`. Options
 * by name (`lossOptions`) are given one at a time: `--loss-option window=7`. An option that is not given stays
 * undefined.
 *
 * @param without settings that the command line has no option for, or one of its own
 */
export function addSettingOptions(command: Command, schema: SettingsSchema, without: readonly string[] = []): Command {
  for (const [key, setting] of described(schema)) {
    if (without.includes(key)) continue;
    const isSwitch = setting.type === 'boolean';
    const option = new Option(
      isSwitch ? flagOf(key, setting) : `${flagOf(key, setting)} <${placeholderOf(setting)}>`,
      `${setting.description ?? ''}${defaultText(setting)}`,
    );
    if (!isSwitch) option.argParser(parserOf(schema.shape[key] as z.ZodType, setting));
    command.addOption(option);
    // For a preset that has it on.
    if (isSwitch) command.addOption(new Option(`--no-${flagOf(key, setting).slice(2)}`).hideHelp());
  }
  return command;
}

/** Of the options of a command those that are settings of a schema, under the settings' names. */
export function settingsOf(
  schema: SettingsSchema,
  options: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    described(schema).flatMap(([key, setting]) => {
      const value = options[attributeOf(key, setting)];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/**
 * The settings that the options of a command give, with the schema's defaults for the others. Each was checked when it
 * was read.
 */
export function allSettings<S extends SettingsSchema>(
  schema: S,
  options: Readonly<Record<string, unknown>>,
): z.infer<S> {
  return schema.parse(settingsOf(schema, options));
}

function described(schema: SettingsSchema): [string, Described][] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties as Record<string, Described>);
}

/** The name under which commander hands the value over. */
function attributeOf(key: string, { type, option }: Described): string {
  return option ?? (type === 'object' ? key.replace(/s$/, '') : key);
}

function flagOf(key: string, setting: Described): string {
  return optionName(attributeOf(key, setting));
}

function placeholderOf({ placeholder, type, enum: words }: Described): string {
  if (placeholder !== undefined) return placeholder;
  if (type === 'array') return 'a,b,…';
  if (type === 'object') return 'name=value';
  return type === 'integer' ? 'n' : type === 'number' ? 'number' : words ? 'name' : 'text';
}

function defaultText({ type, default: value, otherwise }: Described): string {
  if (otherwise !== undefined) return ` (default: ${otherwise})`;
  if (value === undefined || type === 'boolean' || type === 'object') return '';
  return ` (default: ${Array.isArray(value) ? value.join(',') : String(value)})`;
}

/** Reads a value from its text and checks it against the setting. */
function parserOf(schema: z.ZodType, setting: Described): (text: string, known: unknown) => unknown {
  const { type, items } = setting;
  if (type === 'object') return (text, known) => assignments(text, known as Record<string, unknown> | undefined);
  if (placeholderOf(setting).endsWith('...'))
    return (text, known) => [...((known as string[] | undefined) ?? []), text];
  return (text) => {
    const value = type === 'array' ? text.split(',').map((part) => wordOf(part, items)) : wordOf(text, { type });
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const sentence = requirement(parsed.error.issues[0] as z.core.$ZodIssue);
    throw new InvalidArgumentError(`It ${sentence}.`);
  };
}

function wordOf(text: string, like: unknown): unknown {
  const { type } = like as Described;
  if (type !== 'integer' && type !== 'number') return text.trim();
  return text.trim() === '' ? text : Number(text);
}
