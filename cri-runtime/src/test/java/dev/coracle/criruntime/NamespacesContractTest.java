package dev.coracle.criruntime;

import dev.coracle.criruntime.config.CriRuntimeOptions.RuntimeChoice;

class NamespacesContractTest extends BuiltInContractSuite {
  NamespacesContractTest() {
    super(RuntimeChoice.NAMESPACES);
  }
}
