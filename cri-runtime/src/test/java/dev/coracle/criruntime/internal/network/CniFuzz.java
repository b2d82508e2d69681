package dev.coracle.criruntime.internal.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.fuzz.Fuzzer;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Configurations of CNI and what plugins print: understood, or refused saying why. */
class CniFuzz {

  @TempDir Path dir;

  private static final String LIST =
      """
      {"cniVersion":"1.0.0","name":"pods","plugins":[{"type":"bridge","bridge":"cni0","ipam":\
      {"type":"host-local","ranges":[[{"subnet":"10.1.0.0/24"}]]}},\
      {"type":"portmap","capabilities":{"portMappings":true}}]}\
      """;
  private static final String RESULT =
      """
      {"cniVersion":"1.0.0","interfaces":[{"name":"eth0","mac":"00:11:22:33:44:55","sandbox":"/x"}],\
      "ips":[{"address":"10.1.0.5/24","gateway":"10.1.0.1","interface":0},{"address":"fd00::5/64"}],\
      "routes":[{"dst":"0.0.0.0/0"}],"dns":{"nameservers":["10.1.0.1"]}}\
      """;

  @FuzzTest(maxDuration = "30s")
  void documents(byte[] input) {
    configuration(input);
    result(input);
  }

  @Test
  void configurations() throws InterruptedException {
    new Fuzzer()
        .seeds(LIST, "{\"name\":\"a\",\"type\":\"loopback\"}", "[]", "", "null")
        .words("\"plugins\":", "\"type\":", "\"..\"", "\"/bin/sh\"", "[", "{", "null", "\"\"")
        .run(CniFuzz::configuration);
  }

  @Test
  void results() throws InterruptedException {
    new Fuzzer()
        .seeds(RESULT, "{}", "{\"code\":7,\"msg\":\"no\"}", "", "[]")
        .words("\"ips\":", "\"address\":", "/24", "localhost", "0x7f.1", "[", "{", "%eth0")
        .run(CniFuzz::result);
  }

  private static void configuration(byte[] input) {
    try {
      ObjectNode list = CniNetwork.configuration(input);
      assertThat(list.path("name").asText()).isNotEmpty();
      for (JsonNode plugin : list.path("plugins")) {
        String type = plugin.path("type").asText();
        assertThat(type).isNotEmpty().doesNotContain("/").isNotEqualTo("..");
      }
    } catch (IOException e) {
      assertThat(e.getMessage()).isNotNull();
    }
  }

  private static void result(byte[] input) {
    try {
      for (String address : CniNetwork.addresses(CniNetwork.result("bridge", input))) {
        InetAddress.ofLiteral(address);
      }
    } catch (IOException e) {
      assertThat(e.getMessage()).isNotNull();
    }
  }

  /** The pod had no address then, or a name. */
  @Test
  void aResultThatIsNoneNamesItsPlugin() {
    for (String said : new String[] {"", "5", "null", "[]"}) {
      assertThatThrownBy(() -> CniNetwork.result("bridge", said.getBytes(StandardCharsets.UTF_8)))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("plugin type=\"bridge\" failed (add): its result is no ");
    }
    String name = "{\"ips\":[{\"address\":\"pod.example.com/24\"}]}";
    assertThatThrownBy(() -> CniNetwork.result("bridge", name.getBytes(StandardCharsets.UTF_8)))
        .hasMessage("plugin type=\"bridge\" failed (add): it gave the address \"pod.example.com\"");
  }

  /** The first that can be used is taken; one that cannot does not end the search. */
  @Test
  void aConfigurationThatCannotBeUsedIsPassedOver() throws IOException {
    Files.writeString(dir.resolve("00-broken.conflist"), "{\"name\":");
    Files.writeString(
        dir.resolve("01-texts.conflist"), "{\"name\":\"a\",\"plugins\":[\"bridge\"]}");
    Files.writeString(
        dir.resolve("02-path.conflist"), LIST.replace("\"type\":\"bridge\"", "\"type\":\"..\""));
    Files.writeString(dir.resolve("10-good.conflist"), LIST);
    CniNetwork found = CniNetwork.find(dir, List.of(dir)).orElseThrow();
    assertThat(found.describe()).startsWith("CNI pods (").contains("10-good.conflist");
    assertThat(found.notReady()).contains("CNI plugin not found: bridge");
    // A folder is no program, however executable it is.
    Files.createDirectory(dir.resolve("bridge"));
    assertThat(found.notReady()).contains("CNI plugin not found: bridge");
  }
}
