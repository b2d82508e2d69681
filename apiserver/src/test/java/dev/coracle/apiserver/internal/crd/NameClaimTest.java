package dev.coracle.apiserver.internal.crd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.util.List;
import org.junit.jupiter.api.Test;

class NameClaimTest {

  private static KubeObject definition(String names, String accepted) {
    String text =
        "{'metadata':{'name':'x'},'spec':{'group':'g.io','names':%s},'status':{'acceptedNames':%s}}"
            .formatted(names, accepted);
    return KubeObject.of(Json.parseObject(text.replace('\'', '"')));
  }

  private static final String ALL =
      "{'plural':'as','singular':'a','shortNames':['x'],'kind':'A','listKind':'AList'}";
  private static final KubeObject OTHER = definition(ALL, ALL);

  @Test
  void oneNameThatIsTakenLeavesTheOthers() {
    NameClaim claim =
        NameClaim.of(
            definition("{'plural':'bs','singular':'b','kind':'A','listKind':'BList'}", "{}"),
            List.of(OTHER));
    assertThat(claim.isGranted()).isFalse();
    assertThat(claim.reason()).isEqualTo("KindConflict");
    assertThat(claim.message()).isEqualTo("\"A\" is already in use");
    assertThat(claim.names())
        .hasToString("{\"plural\":\"bs\",\"singular\":\"b\",\"kind\":\"\",\"listKind\":\"BList\"}");
  }

  @Test
  void whatADefinitionHasAlreadyIsItsOwn() {
    assertThat(NameClaim.of(OTHER, List.of(OTHER)).isGranted()).isTrue();
    String had = "{'plural':'bs','kind':'B','shortNames':['b']}";
    NameClaim claim =
        NameClaim.of(
            definition("{'plural':'bs','kind':'B','shortNames':['b','x','as']}", had),
            List.of(OTHER));
    assertThat(claim.reason()).isEqualTo("ShortNamesConflict");
    assertThat(claim.message()).isEqualTo("[\"x\" is already in use, \"as\" is already in use]");
    assertThat(claim.names().path("shortNames")).hasToString("[\"b\"]");
  }
}
