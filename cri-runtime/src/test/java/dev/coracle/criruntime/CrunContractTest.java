package dev.coracle.criruntime;

import dev.coracle.criruntime.config.CriRuntimeOptions.RuntimeChoice;

class CrunContractTest extends OciContractSuite {
  CrunContractTest() {
    super(RuntimeChoice.CRUN);
  }
}
