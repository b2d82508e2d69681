package dev.coracle.criruntime;

import dev.coracle.criruntime.config.CriRuntimeOptions.RuntimeChoice;

class NamespacesContractTest extends PlainContractSuite {
  NamespacesContractTest() {
    super(RuntimeChoice.NAMESPACES);
  }
}
