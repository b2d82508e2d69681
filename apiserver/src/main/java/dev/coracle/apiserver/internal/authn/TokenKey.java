package dev.coracle.apiserver.internal.authn;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The key that signs service account tokens: RSA (RS256) or EC on P-256 (ES256). RFC 7515, 7517.
 */
public final class TokenKey implements TokenSigner {

  private static final Base64.Encoder URL = Base64.getUrlEncoder().withoutPadding();

  private final PrivateKey key;
  // Finding it takes a cold JVM a while, and nobody asks before the server serves.
  private final FutureTask<WebKey> half;

  private TokenKey(PrivateKey key, Callable<PublicKey> half) {
    this.key = key;
    this.half = new FutureTask<>(() -> named(half.call()));
    Thread.ofPlatform().daemon().name("coracle-token-key").start(this.half);
  }

  private static WebKey named(PublicKey key) throws GeneralSecurityException {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getEncoded());
    return new WebKey(URL.encodeToString(digest), key);
  }

  private WebKey half() {
    try {
      return half.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the service account key has no public half", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Reads a PKCS#8 PEM file; fails with words that name the file. */
  public static TokenKey read(Path file) {
    try {
      String text = Files.readString(file);
      String base64 = text.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
      byte[] der = Base64.getDecoder().decode(base64);
      try {
        return rsa(der);
      } catch (GeneralSecurityException e) {
        return ec(der);
      }
    } catch (IOException | IllegalArgumentException | GeneralSecurityException e) {
      throw new IllegalStateException(
          "cannot read the service account key " + file + ": " + e.getMessage(), e);
    }
  }

  private static TokenKey rsa(byte[] der) throws GeneralSecurityException {
    KeyFactory factory = KeyFactory.getInstance("RSA");
    if (!(factory.generatePrivate(new PKCS8EncodedKeySpec(der)) instanceof RSAPrivateCrtKey key)) {
      throw new GeneralSecurityException("not an RSA key with its public part");
    }
    return new TokenKey(
        key,
        () ->
            factory.generatePublic(
                new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent())));
  }

  private static TokenKey ec(byte[] der) throws GeneralSecurityException {
    KeyFactory factory = KeyFactory.getInstance("EC");
    if (!(factory.generatePrivate(new PKCS8EncodedKeySpec(der)) instanceof ECPrivateKey key)) {
      throw new GeneralSecurityException("neither an RSA nor an EC key");
    }
    AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
    parameters.init(new ECGenParameterSpec("secp256r1"));
    ECParameterSpec curve = parameters.getParameterSpec(ECParameterSpec.class);
    if (key.getParams().getOrder().bitLength() != 256) {
      throw new GeneralSecurityException("an EC key must be on P-256");
    }
    return new TokenKey(key, () -> CurvePoint.publicKey(key, curve));
  }

  private String algorithm() {
    return key instanceof RSAKey ? "RS256" : "ES256";
  }

  private Signature signature() throws GeneralSecurityException {
    return Signature.getInstance(
        key instanceof RSAKey ? "SHA256withRSA" : "SHA256withECDSAinP1363Format");
  }

  @Override
  public Uni<String> sign(ObjectNode claims) {
    try {
      ObjectNode header = Json.object().put("alg", algorithm()).put("kid", half().id());
      String content =
          URL.encodeToString(Json.bytes(header)) + "." + URL.encodeToString(Json.bytes(claims));
      Signature s = signature();
      s.initSign(key);
      s.update(content.getBytes(StandardCharsets.US_ASCII));
      return Uni.createFrom().item(content + "." + URL.encodeToString(s.sign()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Uni<Boolean> verifies(JsonWebToken token) {
    return Uni.createFrom()
        .item(
            token.keyId().equals(half().id())
                && token.algorithm().equals(algorithm())
                && half().verifies(token));
  }

  @Override
  public List<ObjectNode> published() {
    return List.of(half().jwk());
  }

  @Override
  public long longestSeconds() {
    return Long.MAX_VALUE;
  }
}
