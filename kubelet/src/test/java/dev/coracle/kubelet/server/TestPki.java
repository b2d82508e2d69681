package dev.coracle.kubelet.server;

import dev.coracle.api.certificates.TestAuthority;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A CA and certificates in PEM files. */
public final class TestPki {

  private final TestAuthority authority;

  public TestPki(Path directory) {
    authority = new TestAuthority(directory, "test-ca");
  }

  /**
   * Makes NAME.crt and NAME.key, good for server and client use on localhost.
   *
   * @param dname {@code CN=alice,O=dev}
   */
  public TestPki issue(String name, String dname) {
    List<String> parts = Arrays.asList(dname.split(","));
    authority.issue(
        name,
        parts.getFirst().replace("CN=", ""),
        parts.stream().skip(1).map(o -> o.replace("O=", "")).toList(),
        List.of("localhost", "127.0.0.1"));
    return this;
  }

  public Path certificate(String name) {
    return authority.path(name + ".crt");
  }

  public Path key(String name) {
    return authority.path(name + ".key");
  }
}
