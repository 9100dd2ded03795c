import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.HttpURLConnection;
import java.net.URL;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Asks a Zhengzhao hub: a Java 8 program that needs nothing but the JDK.
 *
 * <pre>
 * java AskHub key client-key.pem                                  makes a key, prints its public half for the operator
 * java AskHub ask client-key.pem HUB CLIENT SCOPE BODY.json       sends a GraphQL request, prints the answer
 * </pre>
 *
 * BODY.json is {"query": "…", "variables": {…}} in UTF-8, at best written by a JSON library of your own.
 */
public final class AskHub {
    private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

    /** The hub's address, as its licenses and tokens name it: without a slash at its end. */
    private final String hub;
    private final String client;
    private final PrivateKey key;
    /** Made for this run: a token works with this key only, so a token that somebody finds in a log is worth nothing. */
    private final KeyPair sender;

    private AskHub(String hub, String client, PrivateKey key) throws GeneralSecurityException {
        this.hub = hub.replaceAll("/+$", "");
        this.client = client;
        this.key = key;
        this.sender = newKey();
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 2 && arguments[0].equals("key")) {
            System.out.println(makeKey(Paths.get(arguments[1])));
        } else if (arguments.length == 6 && arguments[0].equals("ask")) {
            AskHub asking = new AskHub(arguments[2], arguments[3], readKey(Paths.get(arguments[1])));
            byte[] body = Files.readAllBytes(Paths.get(arguments[5]));
            Answer answer = asking.ask(asking.token(arguments[4]), body);
            // System.out would write in the machine's own encoding, on many Windows machines GBK.
            System.out.write((answer.body + "\n").getBytes(StandardCharsets.UTF_8));
            System.out.flush();
            if (answer.status != 200) System.exit(1);
        } else {
            System.err.println("java AskHub key FILE | java AskHub ask FILE HUB CLIENT SCOPE BODY.json");
            System.exit(2);
        }
    }

    /** Gets an access token: private_key_jwt (RFC 7523) says who asks, DPoP (RFC 9449) binds the token to the sender's key. */
    private String token(String scope) throws GeneralSecurityException, IOException {
        String url = hub + "/oauth/token";
        long now = System.currentTimeMillis() / 1000;
        String claims = "{\"iss\":" + quoted(client) + ",\"sub\":" + quoted(client) + ",\"aud\":" + quoted(hub)
                + ",\"jti\":" + quoted(UUID.randomUUID().toString()) + ",\"iat\":" + now + ",\"exp\":" + (now + 60) + "}";
        Map<String, String> form = new LinkedHashMap<>();
        form.put("grant_type", "client_credentials");
        form.put("scope", scope);
        form.put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        form.put("client_assertion", sign(key, "{\"alg\":\"ES256\"}", claims));
        StringBuilder body = new StringBuilder();
        for (Map.Entry<String, String> field : form.entrySet()) {
            if (body.length() > 0) body.append('&');
            body.append(field.getKey()).append('=').append(URLEncoder.encode(field.getValue(), "UTF-8"));
        }
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", "application/x-www-form-urlencoded");
        headers.put("DPoP", proof(url, null));
        Answer answer = post(url, headers, body.toString().getBytes(StandardCharsets.UTF_8));
        // A token has no characters that JSON would write otherwise.
        Matcher found = Pattern.compile("\"access_token\"\\s*:\\s*\"([^\"\\\\]+)\"").matcher(answer.body);
        if (!found.find()) throw new IOException("no token: HTTP " + answer.status + " " + answer.body);
        return found.group(1);
    }

    private Answer ask(String token, byte[] body) throws GeneralSecurityException, IOException {
        String url = hub + "/graphql";
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", "application/json");
        headers.put("Authorization", "DPoP " + token);
        headers.put("DPoP", proof(url, token));
        return post(url, headers, body);
    }

    /** A proof is for one request: a new one for each. */
    private String proof(String url, String token) throws GeneralSecurityException {
        String ath = "";
        if (token != null) {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.US_ASCII));
            ath = ",\"ath\":" + quoted(BASE64URL.encodeToString(digest));
        }
        String header = "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":" + jwk((ECPublicKey) sender.getPublic()) + "}";
        String claims = "{\"htm\":\"POST\",\"htu\":" + quoted(url) + ath + ",\"jti\":" + quoted(UUID.randomUUID().toString())
                + ",\"iat\":" + System.currentTimeMillis() / 1000 + "}";
        return sign(sender.getPrivate(), header, claims);
    }

    /** A compact JWS. */
    private static String sign(PrivateKey key, String header, String claims) throws GeneralSecurityException {
        String text = BASE64URL.encodeToString(header.getBytes(StandardCharsets.UTF_8)) + "."
                + BASE64URL.encodeToString(claims.getBytes(StandardCharsets.UTF_8));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(key);
        signature.update(text.getBytes(StandardCharsets.US_ASCII));
        return text + "." + BASE64URL.encodeToString(fromDer(signature.sign()));
    }

    /** Java writes an ECDSA signature as DER, JWS wants both numbers in 32 bytes each (RFC 7518, 3.4). */
    private static byte[] fromDer(byte[] der) {
        // 30 LENGTH 02 LENGTH r 02 LENGTH s; for P-256 every length is one byte.
        int lengthOfR = der[3];
        byte[] both = new byte[64];
        System.arraycopy(fixed(new BigInteger(Arrays.copyOfRange(der, 4, 4 + lengthOfR))), 0, both, 0, 32);
        System.arraycopy(fixed(new BigInteger(Arrays.copyOfRange(der, 6 + lengthOfR, der.length))), 0, both, 32, 32);
        return both;
    }

    /** A number in 32 bytes: BigInteger leaves zeros out, or sets one before. */
    private static byte[] fixed(BigInteger number) {
        byte[] bytes = number.toByteArray();
        byte[] result = new byte[32];
        int length = Math.min(bytes.length, 32);
        System.arraycopy(bytes, bytes.length - length, result, 32 - length, length);
        return result;
    }

    private static String jwk(ECPublicKey key) {
        return "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":" + quoted(BASE64URL.encodeToString(fixed(key.getW().getAffineX())))
                + ",\"y\":" + quoted(BASE64URL.encodeToString(fixed(key.getW().getAffineY()))) + "}";
    }

    private static KeyPair newKey() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    /** Writes the private half (PKCS #8, PEM) where it will be used, and answers with the public one for the operator. */
    private static String makeKey(Path file) throws GeneralSecurityException, IOException {
        if (Files.exists(file)) throw new IOException(file + " is there already: a key is not written over");
        KeyPair pair = newKey();
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(pair.getPrivate().getEncoded());
        String pem = "-----BEGIN PRIVATE KEY-----\n" + base64 + "\n-----END PRIVATE KEY-----\n";
        Files.createFile(file);
        // Nobody else reads it; on Windows the folder's own rights decide.
        file.toFile().setReadable(false, false);
        file.toFile().setReadable(true, true);
        Files.write(file, pem.getBytes(StandardCharsets.US_ASCII));
        return jwk((ECPublicKey) pair.getPublic());
    }

    private static PrivateKey readKey(Path file) throws GeneralSecurityException, IOException {
        String pem = new String(Files.readAllBytes(file), StandardCharsets.US_ASCII);
        String base64 = pem.replaceAll("-----[A-Z ]+-----|\\s", "");
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
    }

    /** Text as JSON has it: for the few texts here; for records use a JSON library. */
    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static Answer post(String url, Map<String, String> headers, byte[] body) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) new URL(url).openConnection();
        connection.setRequestMethod("POST");
        connection.setConnectTimeout(5_000);
        connection.setReadTimeout(30_000);
        connection.setDoOutput(true);
        for (Map.Entry<String, String> header : headers.entrySet()) {
            connection.setRequestProperty(header.getKey(), header.getValue());
        }
        try (OutputStream out = connection.getOutputStream()) {
            out.write(body);
        }
        int status = connection.getResponseCode();
        InputStream stream = status < 400 ? connection.getInputStream() : connection.getErrorStream();
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        if (stream != null) {
            try (InputStream in = stream) {
                for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) read.write(buffer, 0, length);
            }
        }
        return new Answer(status, new String(read.toByteArray(), StandardCharsets.UTF_8));
    }

    private static final class Answer {
        private final int status;
        private final String body;

        private Answer(int status, String body) {
            this.status = status;
            this.body = body;
        }
    }
}
