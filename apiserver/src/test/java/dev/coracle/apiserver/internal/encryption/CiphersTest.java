package dev.coracle.apiserver.internal.encryption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CiphersTest {

  private static final byte[] KEY = new byte[32];

  static Stream<LocalKey.Cipher> all() {
    return Stream.of(new AesGcm(KEY), new AesCbc(KEY), new SecretBox(KEY));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @MethodSource("all")
  void whatIsSealedIsOpenedAndNeverTheSameTwice(LocalKey.Cipher cipher) throws Exception {
    for (int size : new int[] {0, 1, 15, 16, 17, 5000}) {
      byte[] plain = new byte[size];
      byte[] sealed = cipher.seal(plain, bytes("/k"));
      assertThat(cipher.open(sealed, bytes("/k"))).isEqualTo(plain);
      assertThat(cipher.seal(plain, bytes("/k"))).isNotEqualTo(sealed);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void whatIsTooShortIsRefused(LocalKey.Cipher cipher) {
    for (int size = 0; size < 28; size++) {
      byte[] sealed = new byte[size];
      assertThatThrownBy(() -> cipher.open(sealed, bytes("/k")))
          .isInstanceOf(GeneralSecurityException.class);
    }
  }

  @Test
  void aValueMovedToAnotherKeyIsRefused() throws Exception {
    byte[] sealed = new AesGcm(KEY).seal(bytes("x"), bytes("/registry/secrets/a/one"));
    assertThatThrownBy(() -> new AesGcm(KEY).open(sealed, bytes("/registry/secrets/a/two")))
        .isInstanceOf(GeneralSecurityException.class);
  }

  @Test
  void aChangedBitIsSeen() throws Exception {
    for (LocalKey.Cipher cipher : new LocalKey.Cipher[] {new AesGcm(KEY), new SecretBox(KEY)}) {
      byte[] sealed = cipher.seal(bytes("hello"), bytes("/k"));
      sealed[sealed.length - 1] ^= 1;
      assertThatThrownBy(() -> cipher.open(sealed, bytes("/k")))
          .isInstanceOf(GeneralSecurityException.class);
    }
  }

  /** The example of "Cryptography in NaCl" (Bernstein), section 10. */
  @Test
  void secretBoxIsThatOfNaCl() throws Exception {
    HexFormat hex = HexFormat.of();
    byte[] key = hex.parseHex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
    String nonce = "69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37";
    String box =
        "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531"
            + "a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8a"
            + "b932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f6"
            + "22a43d14a6599b1f654cb45a74e355a5";
    byte[] plain = new SecretBox(key).open(hex.parseHex(nonce + box), new byte[0]);
    assertThat(hex.formatHex(plain)).startsWith("be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd4");
    assertThat(plain).hasSize(131);
  }
}
