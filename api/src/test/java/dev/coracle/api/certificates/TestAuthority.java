package dev.coracle.api.certificates;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An authority and what it has signed, in PEM files of a directory: {@code ca.crt}, {@code ca.key},
 * {@code NAME.crt}, {@code NAME.key} and {@code NAME.csr}. Made in this process: a program for each
 * step took longer than the tests themselves.
 */
public final class TestAuthority {

  private static final SubjectKeyType TYPE = SubjectKeyType.ECDSAP256;
  private static final byte[] ALGORITHM = Der.sequence(Der.objectId("1.2.840.10045.4.3.2"));
  private static final AtomicLong SERIAL = new AtomicLong(System.currentTimeMillis());
  private static final int SIGNS_CERTIFICATES = 0x0600;

  private final Path directory;
  private final String name;
  private final KeyPair pair = TYPE.generate();

  /**
   * @param directory is made where it is not there
   * @param commonName of the authority
   */
  public TestAuthority(Path directory, String commonName) {
    this.directory = directory;
    this.name = commonName;
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    write(
        "ca",
        pair,
        Names.subject(commonName, List.of()),
        List.of(
            critical("2.5.29.19", Der.sequence(Der.truth())),
            critical("2.5.29.15", Der.namedBits(SIGNS_CERTIFICATES))));
  }

  /** Good for servers and clients alike. */
  public TestAuthority issue(
      String file, String commonName, List<String> organizations, List<String> hosts) {
    List<byte[]> extensions = new ArrayList<>();
    extensions.add(
        extension(
            "2.5.29.37",
            Der.sequence(Der.objectId("1.3.6.1.5.5.7.3.1"), Der.objectId("1.3.6.1.5.5.7.3.2"))));
    List<String> addresses = hosts.stream().filter(h -> h.matches("[0-9.]+|.*:.*")).toList();
    List<String> names = hosts.stream().filter(h -> !addresses.contains(h)).toList();
    if (!hosts.isEmpty()) {
      extensions.add(
          extension("2.5.29.17", Names.alternatives(names, addresses, List.of(), List.of())));
    }
    KeyPair key = TYPE.generate();
    text(
        file + ".csr",
        CertificateRequest.make(key, commonName, organizations, List.of(), List.of()));
    write(file, key, Names.subject(commonName, organizations), extensions);
    return this;
  }

  /** {@code NAME.crt}, {@code NAME.key} or {@code NAME.csr}. */
  public Path path(String file) {
    return directory.resolve(file);
  }

  private static byte[] extension(String id, byte[] value) {
    return Der.sequence(Der.objectId(id), Der.octets(value));
  }

  private static byte[] critical(String id, byte[] value) {
    return Der.sequence(Der.objectId(id), Der.truth(), Der.octets(value));
  }

  private void write(String file, KeyPair of, byte[] subject, List<byte[]> extensions) {
    Instant now = Instant.now();
    byte[] content =
        Der.sequence(
            Der.element(0xa0, Der.integer(BigInteger.TWO)),
            Der.integer(BigInteger.valueOf(SERIAL.incrementAndGet())),
            ALGORITHM,
            Names.subject(name, List.of()),
            Der.sequence(
                Der.time(now.minus(Duration.ofMinutes(5))), Der.time(now.plus(Duration.ofDays(2)))),
            subject,
            of.getPublic().getEncoded(),
            Der.element(0xa3, Der.sequence(extensions.toArray(byte[][]::new))));
    text(file + ".crt", new PemBlock("CERTIFICATE", TYPE.signed(content, pair)).toString());
    text(file + ".key", new PemBlock("PRIVATE KEY", of.getPrivate().getEncoded()).toString());
  }

  private void text(String file, String content) {
    try {
      Files.writeString(path(file), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
