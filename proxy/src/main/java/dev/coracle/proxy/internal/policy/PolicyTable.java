package dev.coracle.proxy.internal.policy;

import java.io.IOException;

/** Where rules take effect. Calls block, and come one at a time. */
interface PolicyTable {

  /**
   * Makes the model true, whole or not at all; cheap when it is true already. Without isolated pods
   * nothing is left in the kernel.
   */
  void apply(RuleModel model) throws IOException;

  /** Takes away whatever is there, of an earlier process too. */
  void remove() throws IOException;
}
