package dev.coracle.criruntime;

import dev.coracle.criruntime.config.CriRuntimeOptions.RuntimeChoice;

class RuncContractTest extends OciContractSuite {
  RuncContractTest() {
    super(RuntimeChoice.RUNC);
  }
}
