package dev.coracle.criruntime;

import dev.coracle.criruntime.config.CriRuntimeOptions.RuntimeChoice;

class RuncContractTest extends BuiltInContractSuite {
  RuncContractTest() {
    super(RuntimeChoice.RUNC);
  }
}
