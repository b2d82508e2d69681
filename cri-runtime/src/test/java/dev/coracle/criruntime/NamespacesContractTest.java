package dev.coracle.criruntime;

import dev.coracle.criruntime.config.CriRuntimeOptions.RuntimeChoice;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class NamespacesContractTest extends PlainContractSuite {
  NamespacesContractTest() {
    super(RuntimeChoice.NAMESPACES);
  }

  @Test
  void mountsDirectoriesAndFilesOfImages() throws IOException {
    mountsPartsOfImages();
  }
}
