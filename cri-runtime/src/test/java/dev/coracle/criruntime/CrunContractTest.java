package dev.coracle.criruntime;

import dev.coracle.criruntime.config.CriRuntimeOptions.RuntimeChoice;

class CrunContractTest extends BuiltInContractSuite {
  CrunContractTest() {
    super(RuntimeChoice.CRUN);
  }
}
