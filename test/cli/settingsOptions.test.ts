import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addSettingOptions, allSettings, settingsOf } from '../../src/cli/settingsOptions.ts';
import { trainCommand } from '../../src/cli/train.ts';
import { trainingSchema } from '../../src/training/configuration.ts';

const schema = z.strictObject({
  size: z.int().min(8).max(512).default(64).describe('edge of the grid').meta({ placeholder: 'voxels' }),
  rate: z.number().positive().optional().describe('how fast').meta({ otherwise: 'as fast as can be' }),
  schedule: z.enum(['constant', 'cosine']).default('constant').describe('how the rate goes on'),
  mask: z.boolean().default(false).describe('compare only where there is data'),
  encoder: z.array(z.int().positive()).min(1).default([16, 32]).describe('channels'),
  lossOptions: z.record(z.string(), z.unknown()).default({}).describe('an option of the loss'),
  hidden: z.string().optional(),
});

function command(): Command {
  return addSettingOptions(new Command('try').exitOverride().configureOutput({ writeErr: () => undefined }), schema, [
    'hidden',
  ]);
}

function settings(...words: string[]): Record<string, unknown> {
  return settingsOf(schema, command().parse(words, { from: 'user' }).opts());
}

describe('options from a schema', () => {
  it('say text, default and the name of the value', () => {
    const help = command().helpInformation();
    expect(help).toMatch(/--size <voxels> +edge of the grid \(default: 64\)/);
    expect(help).toMatch(/--rate <number> +how fast \(default: as fast as can be\)\n/);
    expect(help).toMatch(/--schedule <name> +how the rate goes on \(default: constant\)/);
    expect(help).toMatch(/--mask +compare only where there is data\n/);
    expect(help).toMatch(/--encoder <a,b,…> +channels \(default: 16,32\)/);
    expect(help).toMatch(/--loss-option <name=value> +an option of the loss\n/);
    expect(help).not.toContain('hidden');
  });

  it('give only what was given, under the settings’ names', () => {
    expect(settings()).toEqual({});
    expect(
      settings(
        ...['--size', '32', '--rate', '0.5', '--schedule', 'cosine', '--mask', '--encoder', '4,8,8'],
        ...['--loss-option', 'window=7', '--loss-option', 'filter=edge'],
      ),
    ).toEqual({
      size: 32,
      rate: 0.5,
      schedule: 'cosine',
      mask: true,
      encoder: [4, 8, 8],
      lossOptions: { window: 7, filter: 'edge' },
    });
  });

  it('take lists as values of named options', () => {
    const levels = (list: string): unknown => settings('--loss-option', `levels=${list}`).lossOptions;
    expect(levels('[8, 16,16]')).toEqual({ levels: [8, 16, 16] });
    expect(levels('[]')).toEqual({ levels: [] });
    expect(levels('[8')).toEqual({ levels: '[8' });
  });

  it('take a switch back, for presets that have it on', () => {
    expect(settings('--no-mask')).toEqual({ mask: false });
  });

  it('leave the schema its defaults', () => {
    expect(allSettings(schema, command().parse(['--size', '9'], { from: 'user' }).opts())).toEqual({
      ...schema.parse({}),
      size: 9,
    });
  });

  it('reach every setting of a training', () => {
    const program = new Command();
    trainCommand(program);
    const attributes = program.commands[0]?.options.map((option) => option.attributeName());
    for (const [key, setting] of Object.entries(trainingSchema.shape))
      expect(attributes).toContain(setting.meta()?.option ?? key.replace(/Options$/, 'Option'));
  });

  it.each([
    [['--size', '7'], 'must be at least 8'],
    [['--size', '1000'], 'must be at most 512'],
    [['--size', '8.5'], 'must be a whole number'],
    [['--size', 'eight'], 'must be'],
    [['--size', ''], 'must be'],
    [['--rate', '0'], 'must be more than 0'],
    [['--rate', 'Infinity'], 'must be'],
    [['--schedule', 'linear'], 'must be one of constant, cosine'],
    [['--encoder', '4,0'], 'must be more than 0'],
    [['--encoder', '4,,8'], 'must be'],
    [['--loss-option', 'window'], 'must have the form name=value'],
  ])('refuse %j', (words, sentence) => {
    expect(() => settings(...words)).toThrow(sentence);
  });
});
