package dev.coracle.criruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.criruntime.config.CriRuntimeOptions.RuntimeChoice;
import org.junit.jupiter.api.Test;

/** What a runtime without crun and runc refuses. */
abstract class PlainContractSuite extends BuiltInContractSuite {
  PlainContractSuite(RuntimeChoice choice) {
    super(choice);
  }

  @Test
  void podsWithUsersOfTheirOwnAreRefused() {
    assertThat(client.status().getRuntimeHandlers(0).getFeatures().getUserNamespaces()).isFalse();
    assertThatThrownBy(() -> run(podWithUsers("userns", NamespaceMode.CONTAINER)))
        .isInstanceOf(CriClient.Refused.class)
        .hasMessageContaining("user namespaces are not supported: they need crun or runc");
  }
}
