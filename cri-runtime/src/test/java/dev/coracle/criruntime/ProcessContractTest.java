package dev.coracle.criruntime;

import dev.coracle.criruntime.config.CriRuntimeOptions.RuntimeChoice;

class ProcessContractTest extends PlainContractSuite {
  ProcessContractTest() {
    super(RuntimeChoice.PROCESS);
  }

  @Override
  protected boolean isolates() {
    return false;
  }
}
