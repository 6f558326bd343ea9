import reactor.tools.agent.ReactorDebugAgent;

class Shop {
    public static void main(String[] args) {
        ReactorDebugAgent.init();
    }
}
