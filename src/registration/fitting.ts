import type { RegistrationModel } from '../network/model.ts';
import type { InitialAlignment } from '../preparation/preprocessing.ts';
import { modelFits } from '../preparation/trainedOn.ts';
import type { PairRegistrar, Registrar, Registration, RegistrationPair } from './register.ts';

/** Registers by a model the pairs that it fits, as far as is known, and the others in another way. */
export class FittingRegistrar implements PairRegistrar {
  /**
   * @param otherwise what registers pairs that the model does not fit; the model too when left out
   * @param onMisfit called with a sentence that says what does not fit
   */
  constructor(
    readonly byModel: Registrar,
    private readonly onMisfit: (sentence: string) => void,
    private readonly otherwise?: PairRegistrar,
  ) {}

  async register(pair: RegistrationPair, start?: Parameters<PairRegistrar['register']>[1]): Promise<Registration> {
    const { byModel, onMisfit, otherwise } = this;
    const { fixed, moving } = pair;
    const misfit = byModel.model && modelFits(byModel.model, { fixed, moving });
    if (misfit === undefined) return byModel.register(pair, start);
    onMisfit(misfit);
    // How the model's pairs start says nothing of one that it does not fit.
    return otherwise
      ? otherwise.register(pair, typeof start === 'string' ? undefined : start)
      : byModel.register(pair, start);
  }

  async release(): Promise<void> {
    await this.byModel.release();
    await this.otherwise?.release();
  }
}

/** How a pair starts: as the model was trained; `fallback` where it does not tell. */
export function startOfModel(
  model: RegistrationModel | undefined,
  fallback: InitialAlignment = 'center',
): InitialAlignment {
  const trained = model?.record.init;
  return trained === 'world' || trained === 'center' ? trained : fallback;
}
