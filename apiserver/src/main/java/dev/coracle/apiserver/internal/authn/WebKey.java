package dev.coracle.apiserver.internal.authn;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/** A public key of a JSON web key set (RFC 7517, 7518): RSA or EC. */
record WebKey(String id, PublicKey key) {

  private static final Base64.Encoder URL = Base64.getUrlEncoder().withoutPadding();

  private static final Map<String, String> SIGNATURES =
      Map.of(
          "RS256", "SHA256withRSA",
          "RS384", "SHA384withRSA",
          "RS512", "SHA512withRSA",
          "ES256", "SHA256withECDSAinP1363Format",
          "ES384", "SHA384withECDSAinP1363Format",
          "ES512", "SHA512withECDSAinP1363Format");

  private static final Map<String, String> CURVES =
      Map.of("P-256", "secp256r1", "P-384", "secp384r1", "P-521", "secp521r1");

  static boolean knows(String algorithm) {
    return SIGNATURES.containsKey(algorithm);
  }

  /** Empty for keys of other kinds or for encryption. */
  static Optional<WebKey> of(JsonNode jwk) {
    if (jwk.path("use").asText("sig").equals("enc")) {
      return Optional.empty();
    }
    try {
      PublicKey key =
          switch (jwk.path("kty").asText("")) {
            case "RSA" ->
                KeyFactory.getInstance("RSA")
                    .generatePublic(
                        new RSAPublicKeySpec(number(jwk.path("n")), number(jwk.path("e"))));
            case "EC" -> curve(jwk);
            default -> null;
          };
      return key == null
          ? Optional.empty()
          : Optional.of(new WebKey(jwk.path("kid").asText(""), key));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static PublicKey curve(JsonNode jwk) throws GeneralSecurityException {
    String name = CURVES.get(jwk.path("crv").asText(""));
    if (name == null) {
      throw new GeneralSecurityException("unknown curve");
    }
    AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
    parameters.init(new ECGenParameterSpec(name));
    ECPoint point = new ECPoint(number(jwk.path("x")), number(jwk.path("y")));
    return KeyFactory.getInstance("EC")
        .generatePublic(
            new ECPublicKeySpec(point, parameters.getParameterSpec(ECParameterSpec.class)));
  }

  private static BigInteger number(JsonNode text) {
    return new BigInteger(1, Base64.getUrlDecoder().decode(text.asText("")));
  }

  /** Of RSA RS256, of EC the one of its curve. */
  String algorithm() {
    return key instanceof ECKey ec
        ? switch (ec.getParams().getOrder().bitLength()) {
          case 256 -> "ES256";
          case 384 -> "ES384";
          default -> "ES512";
        }
        : "RS256";
  }

  /** As others are told of it. */
  ObjectNode jwk() {
    ObjectNode out = Json.object().put("use", "sig").put("alg", algorithm()).put("kid", id);
    if (key instanceof RSAPublicKey rsa) {
      out.put("kty", "RSA");
      out.put("n", URL.encodeToString(unsigned(rsa.getModulus(), 0)));
      out.put("e", URL.encodeToString(unsigned(rsa.getPublicExponent(), 0)));
    } else if (key instanceof ECPublicKey ec) {
      int bits = ec.getParams().getCurve().getField().getFieldSize();
      int size = (bits + 7) / 8;
      out.put("kty", "EC").put("crv", "P-" + bits);
      out.put("x", URL.encodeToString(unsigned(ec.getW().getAffineX(), size)));
      out.put("y", URL.encodeToString(unsigned(ec.getW().getAffineY(), size)));
    }
    return out;
  }

  private static byte[] unsigned(BigInteger n, int length) {
    byte[] b = n.toByteArray();
    int from = b.length > 1 && b[0] == 0 ? 1 : 0;
    int size = Math.max(length, b.length - from);
    byte[] out = new byte[size];
    System.arraycopy(b, from, out, size - (b.length - from), b.length - from);
    return out;
  }

  boolean verifies(JsonWebToken token) {
    String name = SIGNATURES.get(token.algorithm());
    boolean fits = name != null && name.contains(key.getAlgorithm().equals("EC") ? "EC" : "RSA");
    if (!fits) {
      return false;
    }
    try {
      Signature check = Signature.getInstance(name);
      check.initVerify(key);
      check.update(token.signed());
      return check.verify(token.signature());
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
