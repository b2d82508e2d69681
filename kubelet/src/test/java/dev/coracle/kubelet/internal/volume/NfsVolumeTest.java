package dev.coracle.kubelet.internal.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What mount(8) is asked for; no server is needed for that. */
class NfsVolumeTest {

  @TempDir private Path directory;

  private final List<String> asked = new ArrayList<>();
  private final NfsVolume nfs =
      new NfsVolume((source, at, type, options) -> asked.add(type + " " + source + " " + options));

  private static JsonNode source(String json) {
    return Json.parseObject(json.replace('\'', '"'));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'server':'nas','path':'/e'} | false | | nfs nas:/e []",
        "{'server':'nas','path':'/e','readOnly':true} | false | | nfs nas:/e [ro]",
        "{'server':'nas','path':'/e'} | true | vers=4.1 | nfs nas:/e [vers=4.1, ro]",
        "{'server':'nas','path':'/e'} | true | ro | nfs nas:/e [ro]",
        "{'server':'2001:db8::1','path':'/e'} | false | | nfs [2001:db8::1]:/e []",
        "{'server':'[2001:db8::1]','path':'/e'} | false | | nfs [2001:db8::1]:/e []",
      })
  void isMountedByItsServerAndOptions(String json, boolean only, String option, String expected)
      throws IOException {
    Path at = directory.resolve("v");
    Mounted mounted =
        nfs.mount(source(json), at, only, option == null ? List.of() : List.of(option));
    assertThat(asked).containsExactly(expected);
    assertThat(at).isDirectory();
    assertThat(mounted.readOnly()).isEqualTo(expected.contains("ro]"));
  }

  @Test
  void whatMountSaysIsToldAsUpstreamDoes() {
    Path at = directory.resolve("not-there");
    assertThatThrownBy(
            () -> DiskTools.mountRemote("nas.invalid:/e", at, "nfs", List.of("vers=4.1", "ro")))
        .isInstanceOf(IOException.class)
        .hasMessageMatching(
            "(?s)mount failed: exit status \\d+\nMounting command: mount\nMounting arguments:"
                + " -t nfs -o vers=4.1,ro nas.invalid:/e \\Q"
                + at
                + "\\E\nOutput: .+");
  }
}
